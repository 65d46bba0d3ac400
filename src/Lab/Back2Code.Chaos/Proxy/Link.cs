using System.Buffers;
using System.Net.Sockets;

namespace Back2Code.Chaos.Proxy;

/// <summary>
/// One direction of one connection: a pump that reads one socket, a chain of stages, and the other socket. Without stages the pump writes straight to
/// the other socket from its one buffer. Every writer asks for its next stage under the lock before every write, and it is the writer that takes a
/// retired stage out once that is idle: so chains change at any time, nobody waits, and no byte is lost or overtaken.
/// </summary>
internal sealed class Link(ProxyConnection connection, StreamDirection direction, Socket from, Socket to, StreamCounters counters, TimeProvider time)
{
    // Small while a connection chats, so that hundreds of idle ones cost little; large when it streams, so that system calls are few. Measured with
    // these (bench, proxy): 1.8 GB/s on one connection of two cores.
    private const int SmallBuffer = 8 * 1024;
    private const int LargeBuffer = 256 * 1024;

    // This many chunks in a row that a small buffer would have held, and the large one goes back to the pool.
    private const int ChunksBeforeShrinking = 64;

    // A stream that never has to wait must still let others have the thread.
    private const int ChunksBeforeYielding = 128;

    private readonly Lock _gate = new();
    private readonly List<Stage> _stages = [];
    private readonly Dictionary<long, KnownToxic> _known = [];
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _hasStages;
    private bool _closed;

    public StreamCounters Counters => counters;

    public TimeProvider Time => time;

    /// <summary>Completes when the end of the stream has reached the far socket.</summary>
    public Task Ended => _ended.Task;

    public Random CreateRandom(ToxicEntry entry, int start) =>
        Seeds.CreateRandom(Seeds.Combine(Seeds.Combine(Seeds.Combine(connection.Seed, (ulong)direction), (ulong)entry.Id), (ulong)start));

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
                _known[entry.Id] = new KnownToxic(entry, ApplyDrawn_NeedsLock(entry, known?.Stage, IsDrawn(entry, draws)), draws);
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
    public async ValueTask WriteAfterAsync(Stage stage, Chunk chunk)
    {
        int length = chunk.Length;
        if (NextAfter(stage) is { } next)
        {
            await WriteToStageAsync(next, chunk.ArrivedNow(time.GetTimestamp()));
            return;
        }

        try
        {
            await SendAsync(chunk.Memory);
            counters.AddSent(length);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            counters.AddDropped(length);
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
                to.Shutdown(SocketShutdown.Send);
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
        byte[] buffer = ArrayPool<byte>.Shared.Rent(SmallBuffer);
        int smallChunks = 0;
        int chunks = 0;
        int unsent = 0;
        try
        {
            while (true)
            {
                int length = await from.ReceiveAsync(buffer.AsMemory(), SocketFlags.None);
                if (length == 0)
                {
                    return StreamEnd.HalfClose;
                }

                counters.AddReceived(length);
                unsent = length;
                if (_hasStages && NextAfter(null) is { } stage)
                {
                    await WriteToStageAsync(stage, Chunk.CopyOf(buffer.AsSpan(0, length), time.GetTimestamp()));
                    unsent = 0;
                }
                else
                {
                    while (unsent > 0)
                    {
                        int sent = await to.SendAsync(buffer.AsMemory(length - unsent, unsent), SocketFlags.None);
                        counters.AddSent(sent);
                        unsent -= sent;
                    }
                }

                if (++chunks % ChunksBeforeYielding == 0)
                {
                    await Task.Yield();
                }

                smallChunks = length > SmallBuffer ? 0 : smallChunks + 1;
                if (length == buffer.Length && buffer.Length < LargeBuffer)
                {
                    Exchange(ref buffer, LargeBuffer);
                }
                else if (smallChunks >= ChunksBeforeShrinking && buffer.Length >= LargeBuffer)
                {
                    Exchange(ref buffer, SmallBuffer);
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
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async ValueTask WriteToStageAsync(Stage stage, Chunk chunk)
    {
        if (!await stage.Input.WriteAsync(chunk))
        {
            counters.AddDropped(chunk.Length);
            chunk.Dispose();
        }
    }

    private async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await to.SendAsync(bytes, SocketFlags.None)..];
        }
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

    private bool IsDrawn(ToxicEntry entry, int draw) =>
        entry.Toxicity >= 1 || (entry.Toxicity > 0 && CreateRandom(entry, -draw).NextDouble() < entry.Toxicity);

    private static void Exchange(ref byte[] buffer, int size)
    {
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = ArrayPool<byte>.Shared.Rent(size);
    }

    private sealed record KnownToxic(ToxicEntry Entry, Stage? Stage, int Draws);
}
