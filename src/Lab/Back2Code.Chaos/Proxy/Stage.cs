using Back2Code.Chaos.Proxy.Toxics;

namespace Back2Code.Chaos.Proxy;

/// <summary>
/// One toxic at work on one direction of one connection, in a task of its own. Changing or retiring it only swaps what it runs and interrupts its
/// waits: nobody waits for it. Retired, it passes on what it still holds until the writer before it finds it idle and closes the chain around it.
/// </summary>
internal sealed class Stage
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
    private ITimer? _timer;
    private int _starts;
    private volatile int _interruptions;

    public Stage(Link link, ToxicEntry entry)
    {
        _link = link;
        _entry = entry;
        Input = new ChunkQueue(MaxBytes, MaxChunks, link.Loop);
        if (link.Direction == entry.Direction)
        {
            // A toxic on both directions is on one connection still.
            entry.Counters.CountConnection();
        }
    }

    public long Id => _entry.Id;

    public string Name => _entry.Name;

    public StreamDirection Direction => _link.Direction;

    public ChunkQueue Input { get; }

    public long PassedBytes { get; private set; }

    /// <summary>Counts changes of what the stage is to run: a toxic that sees another value than at its start is to stop.</summary>
    public int Interruptions => _interruptions;

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

        DropTimer();
        _link.Counters.AddDropped(Input.Abort());
    }

    /// <summary>Lets it begin, on the loop of its connection.</summary>
    public void Start()
    {
        _ = RunAsync();
        Input.Wake();
    }

    public T Shared<T>()
        where T : class, new() => _link.Shared<T>(Id);

    /// <summary>Wakes whoever waits for the input, after a while.</summary>
    public void WakeAfter(TimeSpan delay)
    {
        lock (_gate)
        {
            if (!_closed)
            {
                // One timer a stage, made when first needed: few toxics wait.
                _timer ??= _link.Time.CreateTimer(static stage => ((Stage)stage!).Input.Wake(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                _timer.Change(delay, Timeout.InfiniteTimeSpan);
            }
        }
    }

    public ValueTask PassOnAsync(Chunk chunk)
    {
        _entry.Counters.AddPassed(chunk.Length, _link.Time.GetElapsedTime(chunk.ArrivedAt));
        PassedBytes += chunk.Length;
        return _link.WriteAfterAsync(this, chunk);
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
            await Input.ChangedAsync();
            StreamEnd end = await PipeUntilEndAsync();
            if (end != StreamEnd.Unlinked)
            {
                await _link.EndAfterAsync(this, end);
                _link.Counters.AddDropped(Input.Abort());
            }

            DropTimer();
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
            lock (_gate)
            {
                if (_closed)
                {
                    return StreamEnd.Unlinked;
                }

                entry = _entry;
                _passesThrough = _retired;
                toxic = _passesThrough ? PassThrough : entry.Toxic;
                pipe = new ToxicPipe(this, _link.Time, _link.CreateRandom(entry, ++_starts), _interruptions);
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
            catch (OperationCanceledException) when (pipe.IsInterrupted)
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

    private void DropTimer()
    {
        lock (_gate)
        {
            _timer?.Dispose();
            _timer = null;
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
        _interruptions++;
        Input.Wake();
    }
}
