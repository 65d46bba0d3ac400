using System.Diagnostics.Metrics;
using Back2Code.Resilience;
using Microsoft.Extensions.Logging;

namespace Back2Code.Data;

/// <summary>
/// A Redis client that speaks RESP3 over one connection for all callers, pipelining what they send. It connects in the
/// background and again after every failure; while it is not connected, commands fail at once. Thread-safe.
/// </summary>
public sealed partial class RedisClient : IAsyncDisposable
{
    private readonly Func<string> _connectionString;
    private readonly RedisOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<RedisClient> _logger;
    private readonly RedisMetrics _metrics;
    private readonly ClientChaos? _chaos;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _connecting;
    private RedisEndpoint _endpoint;
    private volatile RedisConnection? _connection;
    private TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // The connection string is asked for with each connection; without one it is that of the options.
    internal RedisClient(RedisOptions options, TimeProvider time, IMeterFactory meters, ILogger<RedisClient> logger, Func<string>? connectionString = null, ClientChaos? chaos = null)
    {
        _endpoint = RedisEndpoint.Parse(options.ConnectionString!);
        _connectionString = connectionString ?? (() => options.ConnectionString!);
        _options = options;
        _time = time;
        _logger = logger;
        _chaos = chaos;
        _metrics = new RedisMetrics(meters, () => _connection?.InFlight ?? 0, () => IsConnected);
        _connecting = Task.Run(ConnectLoopAsync);
    }

    /// <summary>Whether commands are accepted at this moment.</summary>
    public bool IsConnected => _connection is not null;

    /// <summary>Completes as soon as the client is connected; at once if it is.</summary>
    public Task WaitUntilConnectedAsync(CancellationToken cancellationToken) => Volatile.Read(ref _connected).Task.WaitAsync(cancellationToken);

    /// <summary>Sends any command that has one reply; no blocking ones, because all callers share the connection.</summary>
    /// <param name="command">The command's name and its arguments.</param>
    /// <param name="cancellationToken">Ends the wait; the command may have its effect all the same.</param>
    /// <exception cref="RedisErrorException">Redis answered with an error.</exception>
    /// <exception cref="DependencyUnavailableException">
    /// Not connected, too much in flight, no reply in time, or the connection failed. In the last two cases the outcome is unknown.
    /// </exception>
    public async ValueTask<RedisReply> ExecuteAsync(ReadOnlyMemory<RedisArgument> command, CancellationToken cancellationToken)
    {
        long start = _time.GetTimestamp();
        string outcome = "failed";
        try
        {
            if (_connection is not { } connection)
            {
                outcome = "unavailable";
                throw Unavailable(DependencyUnavailableReason.Failed, cause: null);
            }

            var reply = _chaos is null
                ? await connection.SendAsync(command.Span).WaitAsync(cancellationToken).ConfigureAwait(false)
                : await SendDisturbedAsync(_chaos, connection, command, cancellationToken).ConfigureAwait(false);
            if (reply.Kind != RedisReplyKind.Error)
            {
                outcome = "ok";
                return reply;
            }

            var error = new RedisErrorException(reply.ToString());
            if (error.Code is "LOADING" or "MASTERDOWN" or "TRYAGAIN" or "BUSY")
            {
                throw Unavailable(DependencyUnavailableReason.Failed, error);
            }

            outcome = "error";
            throw error;
        }
        catch (RedisBusyException e)
        {
            outcome = "shed";
            throw Unavailable(DependencyUnavailableReason.Shed, e);
        }
        catch (TimeoutException e)
        {
            outcome = "timeout";
            throw Unavailable(DependencyUnavailableReason.TimedOut, e);
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException or ObjectDisposedException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw Unavailable(DependencyUnavailableReason.Failed, e);
        }
        catch (OperationCanceledException)
        {
            outcome = "cancelled";
            throw;
        }
        finally
        {
            _metrics.Command(outcome, _time.GetElapsedTime(start));
        }
    }

    /// <summary>Sends any command whose words are given one by one.</summary>
    /// <inheritdoc cref="ExecuteAsync(ReadOnlyMemory{RedisArgument}, CancellationToken)" path="/exception"/>
    public ValueTask<RedisReply> ExecuteAsync(CancellationToken cancellationToken, params RedisArgument[] command) =>
        ExecuteAsync(command.AsMemory(), cancellationToken);

    /// <summary>Closes the connection; commands in flight fail.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
        {
            return;
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        await _connecting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _connected.TrySetCanceled();
        _stop.Dispose();
    }

    private RedisEndpoint EndpointNow()
    {
        try
        {
            return RedisEndpoint.Parse(_connectionString());
        }
        catch (FormatException)
        {
            // Half written, or wrong. The last one may still be good.
            return _endpoint;
        }
    }

    /// <summary>With what a drill injects before or after the command. The connection watches what it has sent; a wait before that has the same limit.</summary>
    private async Task<RedisReply> SendDisturbedAsync(ClientChaos chaos, RedisConnection connection, ReadOnlyMemory<RedisArgument> command, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_options.CommandTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await chaos.ExecuteAsync("redis", async token => await connection.SendAsync(command.Span).WaitAsync(token).ConfigureAwait(false), either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"Redis did not answer within CommandTimeout ({_options.CommandTimeout.TotalMilliseconds} ms).", e);
        }
    }

    private async Task ConnectLoopAsync()
    {
        var backoff = new Backoff(_options.MinReconnectDelay, _options.MaxReconnectDelay);
        string? lastReason = null;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                _endpoint = EndpointNow();
                var connection = await RedisConnection.OpenAsync(_endpoint, _options, _time, _stop.Token).ConfigureAwait(false);
                await using var _ = connection.ConfigureAwait(false);
                _connection = connection;
                Volatile.Read(ref _connected).TrySetResult();
                lastReason = null;
                long connectedAt = _time.GetTimestamp();
                _metrics.Connection(succeeded: true);
                Log.Connected(_logger, _endpoint.Host, _endpoint.Port);

                var cause = await connection.Closed.WaitAsync(_stop.Token).ConfigureAwait(false);
                Disconnected();

                // A Redis that greets and then lets commands hang would otherwise be connected to again at once, and cost every caller a time-out.
                if (_time.GetElapsedTime(connectedAt) > _options.MaxReconnectDelay)
                {
                    backoff.Reset();
                }

                Log.Lost(_logger, cause.Message);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                Disconnected();
                return;
            }
            catch (Exception e)
            {
                // Whatever it was, a wrong password included, may be mended while we run; only shutdown ends the attempts.
                _metrics.Connection(succeeded: false);
                if (e.Message != lastReason)
                {
                    Log.NotConnected(_logger, _endpoint.Host, _endpoint.Port, lastReason = e.Message);
                }
            }

            await Task.Delay(backoff.Next(), _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Disconnected()
    {
        // First the new gate, then the missing connection: who sees no connection and waits, waits for the next one.
        Volatile.Write(ref _connected, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        _connection = null;
    }

    private DependencyUnavailableException Unavailable(DependencyUnavailableReason reason, Exception? cause) =>
        new("redis", reason, _options.MaxReconnectDelay, cause);

    private static partial class Log
    {
        [LoggerMessage(3201, LogLevel.Information, "Connected to Redis at {Host}:{Port}", EventName = "RedisConnected")]
        public static partial void Connected(ILogger logger, string host, int port);

        [LoggerMessage(3202, LogLevel.Warning, "Lost the connection to Redis: {Reason}", EventName = "RedisConnectionLost")]
        public static partial void Lost(ILogger logger, string reason);

        [LoggerMessage(3203, LogLevel.Warning, "Cannot connect to Redis at {Host}:{Port}: {Reason}", EventName = "RedisNotConnected")]
        public static partial void NotConnected(ILogger logger, string host, int port, string reason);
    }
}
