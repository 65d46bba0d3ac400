namespace Back2Code.Resilience;

/// <summary><c>memory-leak</c>: memory that is written to and never let go, so much a second up to a limit.</summary>
internal sealed class MemoryLeak : Disturbance
{
    private const int MiB = 1 << 20;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly double _mibPerSecond;
    private readonly int _limitMib;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly List<byte[]> _held = [];
    private ITimer? _timer;
    private double _owed;

    public MemoryLeak(string id, DateTimeOffset endsAt, double mibPerSecond, int limitMib, TimeProvider time)
        : base("memory-leak", id, endsAt) => (_mibPerSecond, _limitMib, _time) = (mibPerSecond, limitMib, time);

    public override IReadOnlyDictionary<string, double> Figures => new Dictionary<string, double>
    {
        ["heldBytes"] = Held * (double)MiB,
        ["residentBytes"] = Environment.WorkingSet,
    };

    private int Held
    {
        get
        {
            lock (_gate)
            {
                return _held.Count;
            }
        }
    }

    public override void Begin() => _timer = _time.CreateTimer(_ => Leak(), null, TimeSpan.Zero, Interval);

    public override void End()
    {
        _timer?.Dispose();
        lock (_gate)
        {
            _held.Clear();
        }

        // Given back to the system at once: the process is to be as it was before.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }

    private void Leak()
    {
        CountSeen();
        lock (_gate)
        {
            _owed += _mibPerSecond * Interval.TotalSeconds;
            while (_owed >= 1 && _held.Count < _limitMib)
            {
                _owed--;
                var block = GC.AllocateUninitializedArray<byte>(MiB);

                // A page that was never written to takes no memory.
                block.AsSpan().Fill(1);
                _held.Add(block);
                CountStruck();
            }
        }
    }
}
