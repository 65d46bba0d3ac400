using Back2Code.Lab.Supervision.Linux;

namespace Back2Code.Lab.Supervision;

/// <summary>CPU and memory of each child with everything that it started.</summary>
internal sealed class ResourceSampler(TimeProvider time)
{
    /// <summary>A status that is asked for more often than this gets the last sample: summing up pages is not free.</summary>
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(400);

    private readonly Lock _gate = new();
    private readonly Dictionary<int, (long Ticks, long At)> _cpu = [];
    private Dictionary<int, ResourceUse> _last = [];
    private long _sampledAt;

    public IReadOnlyDictionary<int, ResourceUse> Sample(IEnumerable<int> pids)
    {
        lock (_gate)
        {
            if (_last.Count > 0 && time.GetElapsedTime(_sampledAt) < Shortest)
            {
                return _last;
            }

            _sampledAt = time.GetTimestamp();
            var byParent = ProcFs.ByParent();
            _last = pids.ToDictionary(pid => pid, pid => SampleOne_NeedsLock(pid, byParent));
            foreach (var gone in _cpu.Keys.Except(_last.Keys).ToList())
            {
                _cpu.Remove(gone);
            }

            return _last;
        }
    }

    private ResourceUse SampleOne_NeedsLock(int pid, ILookup<int, ProcStat> byParent)
    {
        var tree = ProcFs.Tree(pid, byParent).ToList();
        var ticks = (ProcFs.Stat(pid)?.CpuTicks ?? 0) + tree.Sum(p => p.CpuTicks);
        var memory = tree.Select(p => p.Pid).Prepend(pid).Select(ProcFs.PssBytes).ToList();
        var at = time.GetTimestamp();

        double? percent = null;
        if (_cpu.TryGetValue(pid, out var before))
        {
            // A child of the tree may have ended since: then there is less than before, and nothing sensible to say but zero.
            var seconds = Math.Max(0, ticks - before.Ticks) / ProcFs.TicksPerSecond;
            percent = Math.Round(100 * seconds / time.GetElapsedTime(before.At, at).TotalSeconds, 1);
        }

        _cpu[pid] = (ticks, at);
        return new ResourceUse(percent, memory[0] is null ? null : memory.Sum(m => m ?? 0));
    }
}

internal sealed record ResourceUse(double? CpuPercent, long? MemoryBytes);
