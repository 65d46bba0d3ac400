using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Back2Code.Chaos.Proxy.Sockets;

namespace Back2Code.Chaos.Proxy;

/// <summary>
/// One direction of one connection: a pump that reads one socket, a chain of stages, and the other socket. Without stages the pump writes straight to
/// the other socket from its one buffer. Every writer asks for its next stage under the lock before every write, and it is the writer that takes a
/// retired stage out once that is idle: so chains change at any time, nobody waits, and no byte is lost or overtaken.
/// </summary>
internal sealed class Link(ProxyConnection connection, StreamDirection direction, LoopSocket from, LoopSocket to, StreamCounters counters, SocketLoop loop, TimeProvider time)
{
    // Measured (bench, proxy): below, system calls cost throughput; above, the bytes leave the processor's cache before they are sent.
    private const int BufferBytes = 128 * 1024;

    // A chunk is sent before its thread does anything else, so one buffer a thread serves all its connections and stays in the cache.
    [ThreadStatic]
    private static byte[]? _threadBuffer;

    private readonly Lock _gate = new();
    private readonly List<Stage> _stages = [];
    private readonly Dictionary<long, KnownToxic> _known = [];
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _hasStages;
    private bool _closed;

    public StreamCounters Counters => counters;

    public StreamDirection Direction => direction;

    public SocketLoop Loop => loop;

    public TimeProvider Time => time;

    /// <summary>Completes when the end of the stream has reached the far socket.</summary>
    public Task Ended => _ended.Task;

    public Random CreateRandom(ToxicEntry entry, int start) => entry.CreateRandom(connection.Seed, direction, start);

    public T Shared<T>(long toxic)
        where T : class, new() => connection.Shared<T>(toxic);

    /// <summary>Makes the chain as the proxy wants it now. Toxicity is drawn when a toxic first reaches this connection and whenever it changes.</summary>
    public void Apply(IReadOnlyList<ToxicEntry> wanted)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            foreach (long id in _known.Keys.Except(wanted.Select(w => w.Id)).ToList())
            {
                _known[id].Stage?.Retire();
                _known.Remove(id);
            }

            foreach (var entry in wanted)
            {
                var known = _known.GetValueOrDefault(entry.Id);
                if (ReferenceEquals(known?.Entry, entry))
                {
                    continue;
                }

                int draws = (known?.Draws ?? 0) + 1;
                _known[entry.Id] = new KnownToxic(entry, ApplyDrawn_NeedsLock(entry, known?.Stage, entry.IsDrawn(connection.Seed, draws)), draws);
            }

            _hasStages = _stages.Count > 0;
        }
    }

    public IReadOnlyList<string> ToxicNames()
    {
        lock (_gate)
        {
            return [.. _known.Values.Where(k => k.Stage is not null).Select(k => k.Entry.Name)];
        }
    }

    /// <summary>Reads until the sender ends or the connection does.</summary>
    public async Task PumpAsync()
    {
        StreamEnd end = await PumpUntilEndAsync();
        if (end != StreamEnd.Unlinked)
        {
            await EndAfterAsync(null, end);
        }
    }

    /// <summary>Writes to whatever follows a stage.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask WriteAfterAsync(Stage stage, Chunk chunk)
    {
        if (NextAfter(stage) is { } next)
        {
            await WriteToStageAsync(next, chunk.ArrivedNow(time.GetTimestamp()));
            return;
        }

        int unsent = chunk.Length;
        try
        {
            while (true)
            {
                unsent -= SendNow(chunk.Memory.Span[^unsent..]);
                if (unsent == 0)
                {
                    return;
                }

                await to.Writable.WaitAsync();
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            counters.AddDropped(unsent);
            connection.Terminate(reset: true);
        }
        finally
        {
            chunk.Dispose();
        }
    }

    /// <summary>Passes the end of the stream to whatever follows a stage, or the pump for null.</summary>
    public ValueTask EndAfterAsync(Stage? stage, StreamEnd end)
    {
        if (NextAfter(stage) is { } next)
        {
            next.Input.Complete(end);
            return ValueTask.CompletedTask;
        }

        if (end == StreamEnd.HalfClose)
        {
            try
            {
                to.ShutdownSend();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                connection.Terminate(reset: false);
            }
        }
        else
        {
            connection.Terminate(reset: end == StreamEnd.Reset);
        }

        _ended.TrySetResult();
        return ValueTask.CompletedTask;
    }

    public void MarkEndedByToxic(StreamEnd end) => connection.MarkEndedByToxic(end);

    public void Fail(Exception exception) => connection.Fail(exception);

    /// <summary>The sockets are closed: frees everything that is held or waits.</summary>
    public void Abort()
    {
        lock (_gate)
        {
            _closed = true;
            foreach (var stage in _stages)
            {
                stage.Abort();
            }

            _stages.Clear();
            _known.Clear();
            _hasStages = false;
        }

        _ended.TrySetResult();
    }

    private async Task<StreamEnd> PumpUntilEndAsync()
    {
        int unsent = 0;
        try
        {
            while (true)
            {
                await from.Readable.WaitAsync();
                byte[] buffer = _threadBuffer ??= new byte[BufferBytes];
                int length = from.Receive(buffer);
                if (length == 0)
                {
                    return StreamEnd.HalfClose;
                }

                if (length < 0)
                {
                    continue;
                }

                counters.AddReceived(length);
                unsent = length;
                if (_hasStages && NextAfter(null) is { } stage)
                {
                    await WriteToStageAsync(stage, Chunk.CopyOf(buffer.AsSpan(0, length), time.GetTimestamp()));
                    unsent = 0;
                    continue;
                }

                unsent -= SendNow(buffer.AsSpan(0, length));
                if (unsent > 0)
                {
                    // The receiver is slower than the sender. Others need the thread's buffer, so the rest waits in one of its own.
                    var rest = Chunk.CopyOf(buffer.AsSpan(length - unsent, unsent), 0);
                    using (rest)
                    {
                        while (unsent > 0)
                        {
                            await to.Writable.WaitAsync();
                            unsent -= SendNow(rest.Memory.Span[^unsent..]);
                        }
                    }
                }
            }
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown or SocketError.ConnectionAborted)
        {
            // Either peer is gone; the other learns it the same way, after what is on its way to it.
            return StreamEnd.Reset;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            connection.Terminate(reset: false);
            return StreamEnd.Unlinked;
        }
        finally
        {
            counters.AddDropped(unsent);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WriteToStageAsync(Stage stage, Chunk chunk)
    {
        if (!await stage.Input.WriteAsync(chunk))
        {
            counters.AddDropped(chunk.Length);
            chunk.Dispose();
        }
    }

    private int SendNow(ReadOnlySpan<byte> bytes)
    {
        int sent = to.Send(bytes);
        counters.AddSent(sent);
        return sent;
    }

    /// <summary>The stage that a writer (null: the pump) writes to now; null for the socket. Takes out retired stages that have nothing left.</summary>
    private Stage? NextAfter(Stage? writer)
    {
        lock (_gate)
        {
            int next = writer is null ? 0 : _stages.IndexOf(writer) + 1;
            while (next < _stages.Count)
            {
                var stage = _stages[next];
                if (!stage.CanUnlink)
                {
                    return stage;
                }

                _stages.RemoveAt(next);
                stage.Input.Complete(StreamEnd.Unlinked);
            }

            _hasStages = _stages.Count > 0;
            return null;
        }
    }

    private Stage? ApplyDrawn_NeedsLock(ToxicEntry entry, Stage? stage, bool drawn)
    {
        if (!drawn)
        {
            stage?.Retire();
            return null;
        }

        if (stage is not null)
        {
            stage.Change(entry);
            return stage;
        }

        stage = new Stage(this, entry);
        int place = _stages.FindIndex(s => s.Id >= entry.Id);
        _stages.Insert(place < 0 ? _stages.Count : place, stage);
        stage.Start();
        return stage;
    }

    private sealed record KnownToxic(ToxicEntry Entry, Stage? Stage, int Draws);
}
