using Back2Code.Chaos.Proxy.Toxics;

namespace Back2Code.Chaos.Proxy;

/// <summary>
/// One toxic at work on one direction of one connection, in a task of its own. Changing or retiring it only swaps what it runs and interrupts its
/// waits: nobody waits for it. Retired, it passes on what it still holds until the writer before it finds it idle and closes the chain around it.
/// </summary>
#pragma warning disable CA1001 // Its cancellation sources hold no timer and no handle, and linked tokens may outlive the stage: nothing to dispose of.
internal sealed class Stage
#pragma warning restore CA1001
{
    // Bounds of what a toxic may hold back on one direction of one connection; then the sender feels it.
    private const int MaxBytes = 4 * 1024 * 1024;
    private const int MaxChunks = 4096;

    private static readonly NoopToxic PassThrough = new();

    private readonly Link _link;
    private readonly Lock _gate = new();
    private ToxicEntry _entry;
    private bool _retired;
    private bool _passesThrough;
    private bool _closed;
    private int _starts;
    private CancellationTokenSource _interrupt = new();

    public Stage(Link link, ToxicEntry entry)
    {
        _link = link;
        _entry = entry;
        entry.Counters.CountConnection();
    }

    public long Id => _entry.Id;

    public string Name => _entry.Name;

    public ChunkQueue Input { get; } = new(MaxBytes, MaxChunks);

    public long PassedBytes { get; private set; }

    /// <summary>Nothing can come out of it any more: it is retired, its toxic has stopped, and it holds nothing.</summary>
    public bool CanUnlink
    {
        get
        {
            lock (_gate)
            {
                return _passesThrough && Input.IsIdle;
            }
        }
    }

    public void Change(ToxicEntry entry)
    {
        lock (_gate)
        {
            _entry = entry;
            Interrupt_NeedsLock();
        }
    }

    public void Retire()
    {
        lock (_gate)
        {
            _retired = true;
            Interrupt_NeedsLock();
        }
    }

    /// <summary>The connection is over: whatever is held here is dropped.</summary>
    public void Abort()
    {
        lock (_gate)
        {
            _closed = true;
            Interrupt_NeedsLock();
        }

        _link.Counters.AddDropped(Input.Abort());
    }

    public void Start() => _ = RunAsync();

    public async ValueTask PassOnAsync(Chunk chunk)
    {
        int length = chunk.Length;
        _entry.Counters.AddPassed(length, _link.Time.GetElapsedTime(chunk.ArrivedAt));
        PassedBytes += length;
        await _link.WriteAfterAsync(this, chunk);
    }

    public void Drop(Chunk chunk)
    {
        _entry.Counters.AddDropped(chunk.Length);
        _link.Counters.AddDropped(chunk.Length);
        chunk.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            StreamEnd end = await PipeUntilEndAsync();
            if (end != StreamEnd.Unlinked)
            {
                await _link.EndAfterAsync(this, end);
                _link.Counters.AddDropped(Input.Abort());
            }
        }
        catch (Exception e)
        {
            // A toxic that breaks must not leave a connection that hangs for another reason than the one asked for.
            _link.Fail(e);
        }
    }

    private async ValueTask<StreamEnd> PipeUntilEndAsync()
    {
        while (true)
        {
            ToxicEntry entry;
            Toxic toxic;
            ToxicPipe pipe;
            CancellationToken interrupt;
            lock (_gate)
            {
                if (_closed)
                {
                    return StreamEnd.Unlinked;
                }

                entry = _entry;
                _passesThrough = _retired;
                toxic = _passesThrough ? PassThrough : entry.Toxic;
                interrupt = _interrupt.Token;
                pipe = new ToxicPipe(this, _link.Time, _link.CreateRandom(entry, ++_starts), interrupt);
            }

            try
            {
                StreamEnd end = await toxic.PipeAsync(pipe);
                if (end != pipe.InputEnd)
                {
                    entry.Counters.CountEnded();
                    _link.MarkEndedByToxic(end);
                }

                return end;
            }
            catch (OperationCanceledException) when (interrupt.IsCancellationRequested)
            {
                // Only removal ends the connection; a change restarts the toxic, a closed connection ends the loop above.
                if (toxic.EndWhenRemoved is { } end && IsRetiredAlive)
                {
                    _link.MarkEndedByToxic(end);
                    entry.Counters.CountEnded();
                    return end;
                }
            }
        }
    }

    private bool IsRetiredAlive
    {
        get
        {
            lock (_gate)
            {
                return _retired && !_closed;
            }
        }
    }

    private void Interrupt_NeedsLock()
    {
        // Asynchronously: callbacks of the token run toxic code, which must not run under our lock nor hold up whoever changes toxics.
        _ = _interrupt.CancelAsync();
        _interrupt = new CancellationTokenSource();
    }
}
