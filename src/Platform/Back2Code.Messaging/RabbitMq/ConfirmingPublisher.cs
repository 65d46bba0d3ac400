using Back2Code.Resilience;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Back2Code.Messaging;

/// <summary>What became of a published message.</summary>
internal enum PublishOutcome
{
    /// <summary>The broker has taken responsibility for it.</summary>
    Confirmed,

    /// <summary>No queue is bound for it; the broker has it not.</summary>
    Unroutable,

    /// <summary>Refused, or no answer: the broker may have it or not.</summary>
    Unknown,
}

/// <summary>
/// Publishes mandatory messages and waits for the broker's confirmations, never longer than its time-out. It keeps one channel and
/// takes another after any doubt: a late confirmation must not be taken for that of a later message. Not thread-safe.
/// </summary>
internal sealed class ConfirmingPublisher(RabbitMqConnection rabbitMq, TimeSpan timeout, TimeProvider time, ClientChaos? chaos = null) : IAsyncDisposable
{
    private static readonly CreateChannelOptions ChannelOptions = new(
        publisherConfirmationsEnabled: true,
        publisherConfirmationTrackingEnabled: true,
        // Batches are bounded by their makers; the client's limiter would delay their second half.
        outstandingPublisherConfirmationsRateLimiter: null);

    private IConnection? _connection;
    private IChannel? _channel;

    /// <summary>Publishes all in order, then waits for all confirmations together.</summary>
    /// <exception cref="IOException">There is no connection; nothing was published.</exception>
    public async Task<PublishOutcome[]> PublishAsync(IReadOnlyList<(string Exchange, string RoutingKey, BasicProperties Properties, ReadOnlyMemory<byte> Body)> messages, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var channel = await OpenChannelAsync(either.Token).ConfigureAwait(false);
        var publishing = new Task<PublishOutcome>[messages.Count];
        for (int i = 0; i < publishing.Length; i++)
        {
            publishing[i] = PublishOneAsync(channel, messages[i], either.Token);
        }

        var outcomes = await Task.WhenAll(publishing).ConfigureAwait(false);
        if (outcomes.Contains(PublishOutcome.Unknown))
        {
            await DropChannelAsync().ConfigureAwait(false);
        }

        cancellationToken.ThrowIfCancellationRequested();
        return outcomes;
    }

    public async ValueTask DisposeAsync() => await DropChannelAsync().ConfigureAwait(false);

    private async Task<PublishOutcome> PublishOneAsync(
        IChannel channel, (string Exchange, string RoutingKey, BasicProperties Properties, ReadOnlyMemory<byte> Body) message, CancellationToken cancellationToken)
    {
        try
        {
            if (chaos is null)
            {
                await SendAsync(cancellationToken).ConfigureAwait(false);
            }
            else
            {
                await chaos.ExecuteAsync("rabbitmq", SendAsync, cancellationToken).ConfigureAwait(false);
            }

            return PublishOutcome.Confirmed;
        }
        catch (PublishException e) when (e.IsReturn)
        {
            return PublishOutcome.Unroutable;
        }
        catch (Exception)
        {
            // Refused, timed out, disconnected, cancelled: all the same here, none of them a confirmation.
            return PublishOutcome.Unknown;
        }

        async ValueTask<bool> SendAsync(CancellationToken token)
        {
            await channel.BasicPublishAsync(message.Exchange, message.RoutingKey, mandatory: true, message.Properties, message.Body, token).ConfigureAwait(false);
            return true;
        }
    }

    private async Task<IChannel> OpenChannelAsync(CancellationToken cancellationToken)
    {
        var connection = rabbitMq.CurrentOrNull ?? throw new IOException("There is no connection to RabbitMQ.");
        if (_channel is { IsOpen: true } open && _connection == connection)
        {
            return open;
        }

        await DropChannelAsync().ConfigureAwait(false);
        var channel = await connection.CreateChannelAsync(ChannelOptions, cancellationToken).ConfigureAwait(false);
        (_connection, _channel) = (connection, channel);
        await Topology.DeclareExchangeAsync(channel, rabbitMq.Options.Exchange, cancellationToken).ConfigureAwait(false);
        return channel;
    }

    private async ValueTask DropChannelAsync()
    {
        if (_channel is { } channel)
        {
            _channel = null;
            await ChannelClosing.CloseAsync(channel).ConfigureAwait(false);
        }
    }
}
