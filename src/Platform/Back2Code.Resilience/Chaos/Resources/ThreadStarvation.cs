using System.Diagnostics;

namespace Back2Code.Resilience;

/// <summary>
/// <c>thread-starvation</c>: work that blocks its pool thread, so much of it that requests wait for a thread. Each piece blocks for a short time and queues itself
/// again at the end, so the pool moves on, slowly, and the order to stop still comes through.
/// </summary>
internal sealed class ThreadStarvation(string id, DateTimeOffset endsAt, int pieces, TimeSpan block) : Disturbance("thread-starvation", id, endsAt)
{
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromMilliseconds(100);

    // So that the answer to the order still finds a thread.
    private static readonly TimeSpan Mercy = TimeSpan.FromMilliseconds(300);

    private readonly Latch _over = new();
    private long _waitTicks;
    private long _longestWaitTicks;

    public override IReadOnlyDictionary<string, double> Figures => new Dictionary<string, double>
    {
        ["queueWaitMs"] = TimeSpan.FromTicks(Interlocked.Read(ref _waitTicks)).TotalMilliseconds,
        ["longestQueueWaitMs"] = TimeSpan.FromTicks(Interlocked.Read(ref _longestWaitTicks)).TotalMilliseconds,
        ["poolThreads"] = ThreadPool.ThreadCount,
        ["pendingWork"] = ThreadPool.PendingWorkItemCount,
    };

    public override void Begin() => new Thread(Starve) { IsBackground = true, Name = "chaos thread-starvation" }.Start();

    public override void End() => _over.Open();

    private void Block()
    {
        if (_over.IsOpen)
        {
            return;
        }

        CountSeen();
        CountStruck();
        _over.Wait(block);
        ThreadPool.UnsafeQueueUserWorkItem(static self => self.Block(), this, preferLocal: false);
    }

    /// <summary>Fills the pool, and then asks from outside of it how long a piece of work waits for a thread.</summary>
    private void Starve()
    {
        _over.Wait(Mercy);
        for (var i = 0; i < pieces && !_over.IsOpen; i++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static self => self.Block(), this, preferLocal: false);
        }

        while (!_over.Wait(ProbeInterval))
        {
            var asked = Stopwatch.GetTimestamp();
            using var ran = new ManualResetEventSlim();
            ThreadPool.UnsafeQueueUserWorkItem(static ran => ran.Set(), ran, preferLocal: false);
            ran.Wait();
            var waited = Stopwatch.GetElapsedTime(asked).Ticks;
            Interlocked.Exchange(ref _waitTicks, waited);
            if (waited > Interlocked.Read(ref _longestWaitTicks))
            {
                Interlocked.Exchange(ref _longestWaitTicks, waited);
            }
        }
    }
}
