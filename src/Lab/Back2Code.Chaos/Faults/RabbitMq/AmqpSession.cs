using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Back2Code.Chaos.Faults.RabbitMq;

/// <summary>A connection to the broker with one channel that confirms what it takes. It ends with its lease. What goes wrong on it is a <see cref="FaultException"/>.</summary>
internal sealed class AmqpSession : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly IConnection _connection;
    private readonly Timer _lease;
    private int _disposed;

    private AmqpSession(IConnection connection, IChannel channel, TimeSpan lease)
    {
        (_connection, Channel) = (connection, channel);
        _lease = new Timer(_ => _ = DisposeAsync().AsTask(), null, lease, Timeout.InfiniteTimeSpan);
    }

    public IChannel Channel { get; }

    public static async Task<AmqpSession> OpenAsync(IFaultTarget platform, string faultId, TimeSpan lease, CancellationToken cancellationToken)
    {
        var factory = new ConnectionFactory
        {
            Uri = new Uri(platform.RabbitMqUri),
            AutomaticRecoveryEnabled = false,
            TopologyRecoveryEnabled = false,
            ClientProvidedName = $"fault {faultId}",
            RequestedConnectionTimeout = Patience,
            ContinuationTimeout = Patience,
        };
        return await GuardAsync(async () =>
        {
            var connection = await factory.CreateConnectionAsync(cancellationToken);
            try
            {
                var channel = await connection.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), cancellationToken);
                return new AmqpSession(connection, channel, lease);
            }
            catch
            {
                await connection.DisposeAsync();
                throw;
            }
        });
    }

    /// <summary>Publishes and waits until the broker has taken it.</summary>
    /// <returns>False when no queue takes it.</returns>
    public Task<bool> PublishAsync(string exchange, string routingKey, BasicProperties properties, ReadOnlyMemory<byte> body, CancellationToken cancellationToken) => GuardAsync(async () =>
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            await Channel.BasicPublishAsync(exchange, routingKey, mandatory: true, properties, body, limit.Token);
            return true;
        }
        catch (PublishException e) when (e.IsReturn)
        {
            return false;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new FaultException($"RabbitMQ did not confirm a message within {Patience.TotalSeconds:0} s.");
        }
    });

    /// <returns>Messages that wait in a queue, and who consumes it.</returns>
    public Task<QueueDeclareOk> LookAtAsync(string queue, CancellationToken cancellationToken) => GuardAsync(() => Channel.QueueDeclarePassiveAsync(queue, cancellationToken));

    public Task DoAsync(Func<IChannel, Task> work) => GuardAsync(async () =>
    {
        await work(Channel);
        return true;
    });

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1)
        {
            return;
        }

        await _lease.DisposeAsync();
        try
        {
            await _connection.AbortAsync(200, "fault ended", TimeSpan.FromSeconds(1));
            await _connection.DisposeAsync();
        }
        catch (Exception e) when (e is RabbitMQClientException or IOException or ObjectDisposedException or OperationCanceledException)
        {
            // It is gone, which is all that was wanted.
        }
    }

    private static async Task<T> GuardAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception e) when (e is RabbitMQClientException or IOException or System.Net.Sockets.SocketException or TimeoutException or ObjectDisposedException)
        {
            throw new FaultException($"RabbitMQ: {(e as OperationInterruptedException)?.ShutdownReason?.ReplyText ?? e.InnerException?.Message ?? e.Message}", e);
        }
    }
}
