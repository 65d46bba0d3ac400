using System.Diagnostics;

namespace Back2Code.Resilience;

/// <summary><c>cpu</c>: threads of this process that compute for a share of the time and nothing comes of it.</summary>
internal sealed class CpuBurn(string id, DateTimeOffset endsAt, int threads, double share) : Disturbance("cpu", id, endsAt)
{
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(20);

    private readonly Latch _over = new();
    private readonly TimeSpan _usedBefore = Environment.CpuUsage.TotalTime;
    private readonly long _startedAt = Stopwatch.GetTimestamp();

    public override IReadOnlyDictionary<string, double> Figures => new Dictionary<string, double>
    {
        ["processorSeconds"] = (Environment.CpuUsage.TotalTime - _usedBefore).TotalSeconds,
        ["elapsedSeconds"] = Stopwatch.GetElapsedTime(_startedAt).TotalSeconds,
    };

    public override void Begin()
    {
        for (var i = 0; i < threads; i++)
        {
            new Thread(Burn) { IsBackground = true, Name = "chaos cpu" }.Start();
        }
    }

    public override void End() => _over.Open();

    private void Burn()
    {
        var spin = 0u;
        while (!_over.IsOpen)
        {
            CountSeen();
            var start = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(start) < Slice * share)
            {
                spin = unchecked((spin * 1_664_525u) + 1_013_904_223u);
            }

            CountStruck();
            if (share < 1)
            {
                _over.Wait(Slice * (1 - share));
            }
        }

        GC.KeepAlive(spin);
    }
}
