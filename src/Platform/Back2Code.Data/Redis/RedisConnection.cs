using System.Buffers;
using System.Net.Sockets;
using System.Threading.Channels;

namespace Back2Code.Data;

/// <summary>
/// One connection, shared by all callers: commands are written as they come, and replies answer them in the same order.
/// It lives until the first failure and is then replaced; what was in flight fails with it.
/// </summary>
internal sealed class RedisConnection : IAsyncDisposable
{
    /// <summary>A buffer that grew beyond this is not kept, so that one big value does not cost its memory for ever.</summary>
    private const int MaxKeptBufferBytes = 1024 * 1024;

    private readonly Socket _socket;
    private readonly RespReader _reader;
    private readonly RedisOptions _options;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly Queue<PendingReply> _inFlight = new();
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource<Exception> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ArrayBufferWriter<byte> _filling = new();
    private ArrayBufferWriter<byte> _sending = new();
    private Exception? _failure;
    private Task _loops = Task.CompletedTask;

    private RedisConnection(Socket socket, RedisOptions options, TimeProvider time)
    {
        _socket = socket;
        _options = options;
        _time = time;
        _reader = new RespReader(new NetworkStream(socket, ownsSocket: true), options.MaxReplyBytes, options.MaxReplyDepth);
    }

    /// <summary>Completes, with the cause, when the connection has failed.</summary>
    public Task<Exception> Closed => _closed.Task;

    public int InFlight
    {
        get
        {
            lock (_gate)
            {
                return _inFlight.Count;
            }
        }
    }

    /// <summary>Connects, authenticates, switches to RESP3 and sees that the server answers commands.</summary>
    public static async Task<RedisConnection> OpenAsync(RedisEndpoint endpoint, RedisOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(options.ConnectTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        RedisConnection? connection = null;
        try
        {
            await socket.ConnectAsync(endpoint.Host, endpoint.Port, either.Token).ConfigureAwait(false);
            connection = new RedisConnection(socket, options, time);
            connection._loops = Task.WhenAll(connection.WriteLoopAsync(), connection.ReadLoopAsync());
            await connection.GreetAsync(endpoint, either.Token).ConfigureAwait(false);
            connection._loops = Task.WhenAll(connection._loops, connection.WatchAsync());
            return connection;
        }
        catch (Exception e)
        {
            socket.Dispose();
            if (connection is not null)
            {
                await connection.DisposeAsync().ConfigureAwait(false);
            }

            if (e is OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                throw new TimeoutException($"Redis did not answer within ConnectTimeout ({options.ConnectTimeout.TotalMilliseconds} ms).", e);
            }

            throw;
        }
    }

    /// <summary>Queues a command. The reply, error replies included, completes the task; a failure of the connection faults it.</summary>
    /// <exception cref="RedisBusyException">Too much is in flight already; nothing was queued.</exception>
    public Task<RedisReply> SendAsync(ReadOnlySpan<RedisArgument> command)
    {
        long size = RespWriter.SizeOf(command);
        var pending = new PendingReply(_time.GetTimestamp());
        lock (_gate)
        {
            if (_failure is not null)
            {
                return Task.FromException<RedisReply>(_failure);
            }

            if (_inFlight.Count >= _options.MaxInFlight)
            {
                throw new RedisBusyException($"{_options.MaxInFlight} commands wait for replies already (MaxInFlight).");
            }

            if (_filling.WrittenCount + size > _options.MaxBufferedBytes)
            {
                throw new RedisBusyException($"The command's {size} bytes do not fit beside the {_filling.WrittenCount} that wait to be sent (MaxBufferedBytes {_options.MaxBufferedBytes}).");
            }

            _inFlight.Enqueue(pending);
            RespWriter.Write(_filling, command);
        }

        _wake.Writer.TryWrite(true);
        return pending.Task;
    }

    public async ValueTask DisposeAsync()
    {
        Fail(new ObjectDisposedException(nameof(RedisConnection)));
        await _loops.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task GreetAsync(RedisEndpoint endpoint, CancellationToken cancellationToken)
    {
        RedisArgument[] hello = endpoint.Password is { } password
            ? ["HELLO", 3, "AUTH", endpoint.User, password, "SETNAME", "back2code"]
            : ["HELLO", 3, "SETNAME", "back2code"];
        await ExpectAsync(hello, cancellationToken).ConfigureAwait(false);
        if (endpoint.Database != 0)
        {
            await ExpectAsync(["SELECT", endpoint.Database], cancellationToken).ConfigureAwait(false);
        }

        // A Redis that still loads its data greets, and answers all else with LOADING: it is not there yet.
        await ExpectAsync(["PING"], cancellationToken).ConfigureAwait(false);
    }

    private async Task ExpectAsync(RedisArgument[] command, CancellationToken cancellationToken)
    {
        var reply = await SendAsync(command).WaitAsync(cancellationToken).ConfigureAwait(false);
        if (reply.Kind == RedisReplyKind.Error)
        {
            throw new RedisErrorException(reply.ToString());
        }
    }

    private async Task WriteLoopAsync()
    {
        try
        {
            while (await _wake.Reader.WaitToReadAsync(_stop.Token).ConfigureAwait(false))
            {
                _wake.Reader.TryRead(out _);
                while (TakeWritten() is { } batch)
                {
                    for (var rest = batch.WrittenMemory; rest.Length > 0;)
                    {
                        rest = rest[await _socket.SendAsync(rest, _stop.Token).ConfigureAwait(false)..];
                    }
                }
            }
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    /// <summary>Everything queued since the last time: under load, many commands leave in one system call.</summary>
    private ArrayBufferWriter<byte>? TakeWritten()
    {
        lock (_gate)
        {
            if (_filling.WrittenCount == 0)
            {
                return null;
            }

            (_filling, _sending) = (_sending, _filling);
            if (_filling.Capacity > MaxKeptBufferBytes)
            {
                _filling = new ArrayBufferWriter<byte>();
            }

            _filling.ResetWrittenCount();
            return _sending;
        }
    }

    private async Task ReadLoopAsync()
    {
        try
        {
            while (await _reader.ReadAsync(_stop.Token).ConfigureAwait(false) is { } reply)
            {
                // Unasked messages (invalidations, monitors) answer no command.
                if (reply.Kind == RedisReplyKind.Push)
                {
                    continue;
                }

                PendingReply? pending;
                lock (_gate)
                {
                    _inFlight.TryDequeue(out pending);
                }

                if (pending is null)
                {
                    throw new RespProtocolException("A reply arrived that no command asked for.");
                }

                pending.TrySetResult(reply);
            }

            throw new EndOfStreamException("Redis closed the connection.");
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    /// <summary>Replies come in order, so when the oldest command is overdue the whole connection is stalled.</summary>
    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(_options.CommandTimeout / 4, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
            {
                PendingReply? oldest;
                lock (_gate)
                {
                    _inFlight.TryPeek(out oldest);
                }

                if (oldest is not null && _time.GetElapsedTime(oldest.QueuedAt) > _options.CommandTimeout)
                {
                    Fail(new TimeoutException($"Redis did not answer a command within CommandTimeout ({_options.CommandTimeout.TotalMilliseconds} ms)."));
                    return;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The connection has ended.
        }
    }

    private void Fail(Exception cause)
    {
        PendingReply[] abandoned;
        lock (_gate)
        {
            if (_failure is not null)
            {
                return;
            }

            _failure = cause;
            abandoned = [.. _inFlight];
            _inFlight.Clear();
        }

        _stop.Cancel();
        _socket.Dispose();
        foreach (var pending in abandoned)
        {
            pending.TrySetException(cause);
        }

        _closed.TrySetResult(cause);
    }

    private sealed class PendingReply(long queuedAt) : TaskCompletionSource<RedisReply>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public long QueuedAt { get; } = queuedAt;
    }
}

/// <summary>The client's own limits are reached; Redis was not asked.</summary>
internal sealed class RedisBusyException(string message) : Exception(message);
