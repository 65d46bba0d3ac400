namespace Back2Code.Resilience;

/// <summary><c>lock-convoy</c>: every request must pass one lock that each holder keeps for a while, so that requests queue on threads, one behind the other.</summary>
internal sealed class LockConvoy(string id, DateTimeOffset endsAt, TimeSpan hold) : Disturbance("lock-convoy", id, endsAt)
{
    // One that waits longer goes on without the lock: the lease must be able to end the convoy, and each waiter holds a thread.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    private readonly object _lock = new();
    private readonly Latch _over = new();
    private readonly long _contentionsBefore = Monitor.LockContentionCount;
    private int _waiting;
    private int _mostWaiting;

    public override IReadOnlyDictionary<string, double> Figures => new Dictionary<string, double>
    {
        ["mostWaitingThreads"] = Volatile.Read(ref _mostWaiting),
        ["lockContentions"] = Monitor.LockContentionCount - _contentionsBefore,
    };

    /// <summary>Blocks the thread on purpose, as code that nobody has measured under load does.</summary>
    public void Pass()
    {
        if (_over.IsOpen)
        {
            return;
        }

        CountSeen();
        var waiting = Interlocked.Increment(ref _waiting);
        if (waiting > Volatile.Read(ref _mostWaiting))
        {
            Volatile.Write(ref _mostWaiting, waiting);
        }

        var taken = false;
        try
        {
            Monitor.TryEnter(_lock, LongestWait, ref taken);
            if (taken)
            {
                CountStruck();
                _over.Wait(hold);
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
            if (taken)
            {
                Monitor.Exit(_lock);
            }
        }
    }

    public override void End() => _over.Open();
}
