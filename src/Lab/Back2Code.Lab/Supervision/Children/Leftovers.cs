using Back2Code.Lab.Supervision.Linux;
using Back2Code.Lab.Topology;

namespace Back2Code.Lab.Supervision.Children;

/// <summary>
/// Finds and kills what an earlier lab, or a crashed server, left running in this state folder. A process is ours only if it bears
/// this folder's mark in its environment, or if it is one of the topology's programs at work inside the folder (PostgreSQL overwrites
/// its environment to show a title). Somebody's shell that happens to stand in the folder is neither.
/// </summary>
internal sealed class Leftovers(StatePaths paths, IReadOnlySet<string> programs)
{
    /// <summary>In the environment of every child: the state folder that it belongs to.</summary>
    public const string Mark = "BACK2CODE_LAB";

    /// <returns>How many were killed.</returns>
    public async Task<int> KillAllAsync(IEnumerable<ChildRecord> recorded, CancellationToken cancellationToken)
    {
        var ours = recorded.Where(c => ProcFs.IsAlive(c.Pid, c.StartTime)).Select(c => (c.Pid, c.StartTime));
        return await KillAsync(ours.Concat(Find(paths.Root)), () => Find(paths.Root), cancellationToken);
    }

    /// <summary>
    /// Kills what works in one process's data folder while that process itself is dead: a busy PostgreSQL backend outlives its
    /// postmaster and would make every restart fail until its query ends.
    /// </summary>
    public Task<int> KillOrphansOfAsync(string process, CancellationToken cancellationToken) =>
        KillAsync(Find(paths.DataOf(process)), () => Find(paths.DataOf(process)), cancellationToken);

    private static async Task<int> KillAsync(
        IEnumerable<(int Pid, long StartTime)> first, Func<IEnumerable<(int Pid, long StartTime)>> again, CancellationToken cancellationToken)
    {
        var killed = new HashSet<(int, long)>();
        var alive = first.ToHashSet();
        // A process in an uninterruptible wait takes a moment to go; one that never goes must not hang the start.
        for (var attempt = 0; alive.Count > 0 && attempt < 100; attempt++)
        {
            foreach (var (pid, startTime) in alive)
            {
                if (Posix.Signal(pid, startTime, Signals.Kill))
                {
                    killed.Add((pid, startTime));
                }
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), cancellationToken);
            alive = [.. alive.Where(p => ProcFs.IsAlive(p.Pid, p.StartTime)), .. again()];
        }

        return killed.Count;
    }

    private IEnumerable<(int Pid, long StartTime)> Find(string folder)
    {
        foreach (var pid in ProcFs.AllPids())
        {
            if (pid != Environment.ProcessId && IsOurs(pid, folder) && ProcFs.Stat(pid) is { State: not ('Z' or 'X') } stat)
            {
                yield return (pid, stat.StartTime);
            }
        }
    }

    private bool IsOurs(int pid, string folder)
    {
        var inside = ProcFs.WorkingDirectory(pid) is { } cwd && Inside(cwd, folder);
        if (inside && ProcFs.Executable(pid) is { } executable && programs.Contains(executable))
        {
            return true;
        }

        // The mark names the whole state folder; for one process of several, the place where it works decides.
        return (inside || folder == paths.Root) && ProcFs.HasEnvironment(pid, $"{Mark}={paths.Root}");
    }

    private static bool Inside(string path, string folder) =>
        path == folder || path.StartsWith(folder + "/", StringComparison.Ordinal);
}
