using System.Runtime.CompilerServices;
using Back2Code.Chaos.Proxy.Sockets;

namespace Back2Code.Chaos.Proxy;

/// <summary>
/// The bounded input of one stage: one writer, one reader. When it is full the writer waits, so that the pressure reaches the sender's TCP window.
/// </summary>
internal sealed class ChunkQueue(int maxBytes, int maxChunks, SocketLoop loop)
{
    private readonly Lock _gate = new();
    private readonly Queue<Chunk> _chunks = new();
    private readonly Readiness _changed = new(loop);
    private readonly Readiness _hasRoom = new(loop);
    private long _bytes;
    private StreamEnd? _end;
    private bool _aborted;
    private bool _readerWaits;
    private bool _writerWaits;

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
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> WriteAsync(Chunk chunk)
    {
        while (true)
        {
            lock (_gate)
            {
                if (_aborted)
                {
                    return false;
                }

                // A chunk larger than the bound still enters an empty queue, else it would never pass.
                if (_chunks.Count == 0 || (_bytes + chunk.Length <= maxBytes && _chunks.Count < maxChunks))
                {
                    Enqueue_NeedsLock(chunk);
                    return true;
                }

                _writerWaits = true;
            }

            await _hasRoom.WaitAsync();
        }
    }

    /// <summary>Puts in a chunk of another writer, past the bound; false when the queue has ended.</summary>
    public bool Inject(Chunk chunk)
    {
        lock (_gate)
        {
            bool accepts = !_aborted && _end is null;
            if (accepts)
            {
                Enqueue_NeedsLock(chunk);
            }

            return accepts;
        }
    }

    /// <summary>Says that no chunk follows; what is queued is still read first.</summary>
    public void Complete(StreamEnd end)
    {
        lock (_gate)
        {
            _end ??= end;
        }

        _changed.Signal();
    }

    /// <summary>True with the next chunk, or with null and how the stream ends; false when there is nothing: then <see cref="ChangedAsync"/>.</summary>
    public bool TryRead(out Chunk? chunk, out StreamEnd end)
    {
        lock (_gate)
        {
            chunk = _chunks.TryDequeue(out var next) ? next : null;
            end = _end ?? default;
            _readerWaits = chunk is null && _end is null;
            if (chunk is not null)
            {
                _bytes -= next.Length;
                if (_writerWaits)
                {
                    _writerWaits = false;
                    _hasRoom.Signal();
                }
            }

            return !_readerWaits;
        }
    }

    /// <summary>Waits for a chunk, the end or <see cref="Wake"/>; it may also return for nothing.</summary>
    public ValueTask ChangedAsync() => _changed.WaitAsync();

    /// <summary>Makes the reader look around, for a reason of its own.</summary>
    public void Wake() => _changed.Signal();

    /// <summary>Frees the writer for good and gives back the buffers. Returns how many bytes were thrown away.</summary>
    public long Abort()
    {
        long dropped;
        lock (_gate)
        {
            _aborted = true;
            _end ??= StreamEnd.Close;
            dropped = _bytes;
            while (_chunks.TryDequeue(out var chunk))
            {
                chunk.Dispose();
            }

            _bytes = 0;
        }

        _changed.Signal();
        _hasRoom.Signal();
        return dropped;
    }

    private void Enqueue_NeedsLock(Chunk chunk)
    {
        _chunks.Enqueue(chunk);
        _bytes += chunk.Length;
        if (_readerWaits)
        {
            _changed.Signal();
        }
    }
}
