using System.Globalization;
using System.Text;

namespace Back2Code.Lab.Supervision.Linux;

/// <summary>What the kernel tells about a process. A process may vanish at any moment: then the answer is null, not an exception.</summary>
internal static class ProcFs
{
    /// <summary>Clock ticks a second in /proc: USER_HZ, which is 100 on every Linux that .NET runs on.</summary>
    public const double TicksPerSecond = 100;

    // PF_EXITING of include/linux/sched.h: the thread is on its way out.
    private const uint ExitingFlag = 4;

    public static IEnumerable<int> AllPids()
    {
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var pid))
            {
                yield return pid;
            }
        }
    }

    public static ProcStat? Stat(int pid)
    {
        if (ReadText($"/proc/{pid}/stat") is not { } text)
        {
            return null;
        }

        // The name stands in parentheses and may itself hold spaces and parentheses: cut at the last one.
        var end = text.LastIndexOf(')');
        var start = text.IndexOf('(', StringComparison.Ordinal);
        if (start < 0 || end < start)
        {
            return null;
        }

        var fields = text[(end + 2)..].Split(' ');
        return fields.Length < 20
            ? null
            : new ProcStat(
                pid,
                text[(start + 1)..end],
                fields[0][0],
                int.Parse(fields[1], CultureInfo.InvariantCulture),
                long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture),
                long.Parse(fields[19], CultureInfo.InvariantCulture),
                (uint.Parse(fields[6], CultureInfo.InvariantCulture) & ExitingFlag) != 0);
    }

    /// <summary>The process still is the one that was started then; a zombie no longer is.</summary>
    public static bool IsAlive(int pid, long startTime) =>
        Stat(pid) is { } stat && stat.StartTime == startTime && stat.State is not ('Z' or 'X');

    /// <summary>
    /// The process has been told to die and is at it: SIGKILL is pending, or the kernel takes it apart. Until that is done it shows as alive, and holds its files and locks.
    /// </summary>
    public static bool IsEnding(int pid) => (ReadText($"/proc/{pid}/status") is { } status && IsKilled(status)) || (Stat(pid)?.IsExiting ?? true);

    /// <summary>By the masks of pending signals, its own and its process's, in hexadecimal; signal N is bit N - 1.</summary>
    internal static bool IsKilled(string status) => status.Split('\n')
        .Where(line => line.StartsWith("SigPnd:", StringComparison.Ordinal) || line.StartsWith("ShdPnd:", StringComparison.Ordinal))
        .Any(line => ulong.TryParse(line[7..].Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var pending) && (pending & (1UL << 8)) != 0);

    public static string? WorkingDirectory(int pid) => Link($"/proc/{pid}/cwd");

    public static string? Executable(int pid) => Link($"/proc/{pid}/exe");

    public static string? CommandLine(int pid) => ReadText($"/proc/{pid}/cmdline")?.Replace('\0', ' ').Trim();

    public static bool HasEnvironment(int pid, string assignment) =>
        ReadText($"/proc/{pid}/environ") is { } text && ("\0" + text + "\0").Contains($"\0{assignment}\0", StringComparison.Ordinal);

    /// <summary>Proportional set size: shared pages count by the share of each user, so that sums are true. Null if it may not be read.</summary>
    public static long? PssBytes(int pid)
    {
        if (ReadText($"/proc/{pid}/smaps_rollup") is not { } text)
        {
            return null;
        }

        var line = text.Split('\n').FirstOrDefault(l => l.StartsWith("Pss:", StringComparison.Ordinal));
        return line is null ? null : long.Parse(line.AsSpan(4).TrimEnd("kB").Trim(), CultureInfo.InvariantCulture) * 1024;
    }

    /// <summary>The process and everything that it started, as far as their parents still live.</summary>
    public static ILookup<int, ProcStat> ByParent() =>
        AllPids().Select(Stat).OfType<ProcStat>().ToLookup(s => s.Parent);

    public static IEnumerable<ProcStat> Tree(int pid, ILookup<int, ProcStat> byParent)
    {
        foreach (var child in byParent[pid])
        {
            yield return child;
            foreach (var descendant in Tree(child.Pid, byParent))
            {
                yield return descendant;
            }
        }
    }

    private static string? Link(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string? ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path, Encoding.Latin1);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

/// <param name="StartTime">Ticks since boot: together with the pid it names one process for as long as the machine runs.</param>
/// <param name="IsExiting">The kernel takes it apart.</param>
internal sealed record ProcStat(int Pid, string Name, char State, int Parent, long CpuTicks, long StartTime, bool IsExiting);
