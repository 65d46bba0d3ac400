namespace Back2Code.Chaos.Proxy;

/// <summary>
/// The bounded input of one stage: one writer, one reader. When it is full the writer waits, so that the pressure reaches the sender's TCP window.
/// </summary>
internal sealed class ChunkQueue(int maxBytes, int maxChunks)
{
    private readonly Lock _gate = new();
    private readonly Queue<Chunk> _chunks = new();
    private long _bytes;
    private StreamEnd? _end;
    private bool _aborted;
    private bool _readerWaits;
    private TaskCompletionSource? _changed;
    private TaskCompletionSource? _hasRoom;

    /// <summary>Nothing queued, and the reader is back for more: everything ever written has left the stage.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_gate)
            {
                return _chunks.Count == 0 && _readerWaits;
            }
        }
    }

    /// <summary>False when the queue was aborted: the chunk stays the caller's.</summary>
    public async ValueTask<bool> WriteAsync(Chunk chunk)
    {
        while (true)
        {
            Task room;
            lock (_gate)
            {
                if (_aborted)
                {
                    return false;
                }

                // A chunk larger than the bound still enters an empty queue, else it would never pass.
                if (_chunks.Count == 0 || (_bytes + chunk.Length <= maxBytes && _chunks.Count < maxChunks))
                {
                    _chunks.Enqueue(chunk);
                    _bytes += chunk.Length;
                    Signal(ref _changed);
                    return true;
                }

                _hasRoom ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                room = _hasRoom.Task;
            }

            await room;
        }
    }

    /// <summary>Says that no chunk follows; what is queued is still read first.</summary>
    public void Complete(StreamEnd end)
    {
        lock (_gate)
        {
            _end ??= end;
            Signal(ref _changed);
        }
    }

    /// <summary>The next chunk, or how the stream ends.</summary>
    /// <exception cref="OperationCanceledException">Interrupted; no chunk was taken.</exception>
    public async ValueTask<(Chunk? Chunk, StreamEnd End)> ReadAsync(CancellationToken interrupt)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                _readerWaits = false;
                interrupt.ThrowIfCancellationRequested();
                if (_chunks.TryDequeue(out var chunk))
                {
                    _bytes -= chunk.Length;
                    Signal(ref _hasRoom);
                    return (chunk, default);
                }

                if (_end is { } end)
                {
                    return (null, end);
                }

                _readerWaits = true;
                _changed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                changed = _changed.Task;
            }

            await changed.WaitAsync(interrupt);
        }
    }

    /// <summary>Frees the writer for good and gives back the buffers. Returns how many bytes were thrown away.</summary>
    public long Abort()
    {
        lock (_gate)
        {
            _aborted = true;
            _end ??= StreamEnd.Close;
            long dropped = _bytes;
            while (_chunks.TryDequeue(out var chunk))
            {
                chunk.Dispose();
            }

            _bytes = 0;
            Signal(ref _changed);
            Signal(ref _hasRoom);
            return dropped;
        }
    }

    private static void Signal(ref TaskCompletionSource? waiter)
    {
        waiter?.TrySetResult();
        waiter = null;
    }
}
