using Back2Code.Data;
using Back2Code.Secrets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RabbitMQ.Client;

namespace Back2Code.Messaging;

/// <summary>
/// The process's one connection to RabbitMQ, made in the background and again after every loss. The client's own recovery is off:
/// it cannot start without a broker, and it brings back channels whose messages were redelivered elsewhere meanwhile. Here a lost
/// connection ends everything that used it, and each user begins anew on the next one.
/// </summary>
internal sealed partial class RabbitMqConnection(
    IOptions<RabbitMqOptions> options, IConfiguration configuration, string clientName, TimeProvider time, ILogger<RabbitMqConnection> logger)
    : BackgroundService
{
    private readonly RotatingConnectionString _connectionString = new("RabbitMQ", options.Value.ConnectionString!, configuration);
    private readonly RabbitMqOptions _options = options.Value;
    private TaskCompletionSource<IConnection> _current = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public RabbitMqOptions Options => _options;

    /// <summary>The open connection; waits until there is one.</summary>
    public Task<IConnection> GetAsync(CancellationToken cancellationToken) => Volatile.Read(ref _current).Task.WaitAsync(cancellationToken);

    /// <summary>The open connection, or null when there is none at this moment.</summary>
    public IConnection? CurrentOrNull => Volatile.Read(ref _current).Task is { IsCompletedSuccessfully: true } task ? task.GetAwaiter().GetResult() : null;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var factory = new ConnectionFactory
        {
            ClientProvidedName = clientName,
            AutomaticRecoveryEnabled = false,
            TopologyRecoveryEnabled = false,
            RequestedHeartbeat = _options.Heartbeat,
            RequestedConnectionTimeout = _options.ConnectTimeout,
            SocketReadTimeout = _options.ConnectTimeout,
            SocketWriteTimeout = _options.ConnectTimeout,
            HandshakeContinuationTimeout = _options.ConnectTimeout,
            ContinuationTimeout = _options.ConnectTimeout,
        };
        var backoff = new Backoff(TimeSpan.FromMilliseconds(100), _options.MaxReconnectDelay);
        string? lastReason = null;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                // With the password of this moment. What is not an address is told of, without its text, and tried again.
                factory.Uri = new Uri(_connectionString.ForNewConnection());
                await StayConnectedAsync(factory, backoff, stoppingToken).ConfigureAwait(false);
                lastReason = null;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // A wrong password may be mended while we run, like everything else; only shutdown ends the attempts.
                string reason = e.GetBaseException().Message;
                if (reason != lastReason)
                {
                    Log.NotConnected(logger, factory.Endpoint.ToString(), lastReason = reason);
                }
            }

            await Task.Delay(backoff.Next(), time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Connects, publishes the connection, and returns when it is lost.</summary>
    private async Task StayConnectedAsync(ConnectionFactory factory, Backoff backoff, CancellationToken stoppingToken)
    {
        var lost = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        IConnection connection;
        using (var limit = new CancellationTokenSource(_options.ConnectTimeout * 2, time))
        using (var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stoppingToken))
        {
            connection = await factory.CreateConnectionAsync(either.Token).ConfigureAwait(false);
        }

        try
        {
            connection.ConnectionShutdownAsync += (_, shutdown) =>
            {
                lost.TrySetResult(shutdown.ReplyText);
                return Task.CompletedTask;
            };
            if (!connection.IsOpen)
            {
                lost.TrySetResult("closed at once");
            }

            Volatile.Read(ref _current).TrySetResult(connection);
            backoff.Reset();
            Log.Connected(logger, factory.Endpoint.ToString());
            string reason = await lost.Task.WaitAsync(stoppingToken).ConfigureAwait(false);
            Log.Lost(logger, reason);
        }
        finally
        {
            Volatile.Write(ref _current, new TaskCompletionSource<IConnection>(TaskCreationOptions.RunContinuationsAsynchronously));
            await CloseAsync(connection).ConfigureAwait(false);
        }
    }

    private async Task CloseAsync(IConnection connection)
    {
        try
        {
            // Abort: a close that waits for the broker's word would wait for a dead broker.
            await connection.AbortAsync(200, "closing", TimeSpan.FromMilliseconds(500)).ConfigureAwait(false);
            await connection.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // It is being thrown away; that it would not go quietly is worth a line and no more.
            Log.CloseFailed(logger, e.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(3401, LogLevel.Information, "Connected to RabbitMQ at {Endpoint}", EventName = "RabbitMqConnected")]
        public static partial void Connected(ILogger logger, string endpoint);

        [LoggerMessage(3402, LogLevel.Warning, "Lost the connection to RabbitMQ: {Reason}", EventName = "RabbitMqConnectionLost")]
        public static partial void Lost(ILogger logger, string reason);

        [LoggerMessage(3403, LogLevel.Warning, "Cannot connect to RabbitMQ at {Endpoint}: {Reason}", EventName = "RabbitMqNotConnected")]
        public static partial void NotConnected(ILogger logger, string endpoint, string reason);

        [LoggerMessage(3404, LogLevel.Debug, "A lost connection to RabbitMQ did not close in order: {Reason}", EventName = "RabbitMqCloseFailed")]
        public static partial void CloseFailed(ILogger logger, string reason);
    }
}
