namespace Back2Code.Resilience;

/// <summary><c>gc-pressure</c>: garbage at a high rate and a full collection at each interval, so that every request is stopped again and again.</summary>
internal sealed class GcPressure(string id, DateTimeOffset endsAt, double mibPerSecond, TimeSpan interval, TimeProvider time) : Disturbance("gc-pressure", id, endsAt)
{
    private const int BlockBytes = 64 * 1024;
    private readonly int _collectionsBefore = GC.CollectionCount(2);
    private readonly TimeSpan _pausedBefore = GC.GetTotalPauseDuration();
    private readonly Latch _over = new();
    private readonly List<byte[]> _survivors = [];

    public override IReadOnlyDictionary<string, double> Figures => new Dictionary<string, double>
    {
        ["fullCollections"] = GC.CollectionCount(2) - _collectionsBefore,
        ["pausedSeconds"] = (GC.GetTotalPauseDuration() - _pausedBefore).TotalSeconds,
    };

    /// <summary>A thread of its own: the pool is what requests need.</summary>
    public override void Begin() => new Thread(Run) { IsBackground = true, Name = "chaos gc-pressure" }.Start();

    public override void End() => _over.Open();

    private void Run()
    {
        while (!_over.IsOpen)
        {
            var start = time.GetTimestamp();
            CountSeen();
            var blocks = (int)(mibPerSecond * interval.TotalSeconds * (1 << 20) / BlockBytes);
            for (var i = 0; i < blocks && !_over.IsOpen; i++)
            {
                var block = new byte[BlockBytes];

                // Some live until the next round: what a collector must copy costs it more than what it may forget.
                if (i % 8 == 0)
                {
                    _survivors.Add(block);
                }
            }

            GC.Collect();
            CountStruck();
            _survivors.Clear();
            var left = interval - time.GetElapsedTime(start);
            if (left > TimeSpan.Zero)
            {
                _over.Wait(left);
            }
        }
    }
}
