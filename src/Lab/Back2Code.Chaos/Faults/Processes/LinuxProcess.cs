using System.Globalization;

namespace Back2Code.Chaos.Faults.Processes;

/// <summary>
/// One particular process: its id together with its start time, since ids are used again. Every question asks <c>/proc</c> anew, and a later process
/// under the same id counts as gone.
/// </summary>
/// <param name="StartTicks">Field 22 of <c>/proc/PID/stat</c>, clock ticks since boot.</param>
internal sealed record LinuxProcess(int Pid, long StartTicks)
{
    public bool IsGone => ReadState() is null or 'Z' or 'X';

    public bool IsStopped => ReadState() is 'T' or 't';

    /// <summary>Null when no process has that id.</summary>
    public static LinuxProcess? Find(int pid) => ReadStat(pid) is { } stat ? new LinuxProcess(pid, stat.StartTicks) : null;

    /// <summary>Its threads, the first one included; none when it is gone.</summary>
    public IReadOnlyList<int> ListThreads()
    {
        try
        {
            return IsGone ? [] : [.. Directory.EnumerateDirectories(string.Create(CultureInfo.InvariantCulture, $"/proc/{Pid}/task")).Select(d => int.Parse(Path.GetFileName(d), CultureInfo.InvariantCulture))];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    /// <summary>A thread's nice value; null when it is gone.</summary>
    public static int? ReadNice(int thread) => ReadStat(thread)?.Nice;

    /// <summary>It and everything below it.</summary>
    public IReadOnlyList<LinuxProcess> ListTree() => [this, .. ListDescendants()];

    /// <summary>Processor time it has used, user and system, in ticks of 10 ms; 0 when it is gone.</summary>
    public long ReadProcessorTicks() => ReadStat(Pid) is { } stat && stat.StartTicks == StartTicks ? stat.ProcessorTicks : 0;

    /// <summary>A line of <c>/proc/PID/status</c>, such as <c>VmSize</c>; null when there is none.</summary>
    public string? ReadStatus(string name) => ReadLine("status", name + ":");

    /// <summary>A line of <c>/proc/PID/io</c>, such as <c>wchar</c>; null when there is none or it is another user's.</summary>
    public long? ReadInputOutput(string name) => ReadLine("io", name + ":") is { } text ? long.Parse(text, CultureInfo.InvariantCulture) : null;

    /// <summary>Children and their children, nearest first.</summary>
    public IReadOnlyList<LinuxProcess> ListDescendants()
    {
        var children = ReadAll().ToLookup(p => p.Stat.ParentPid, p => new LinuxProcess(p.Pid, p.Stat.StartTicks));
        List<LinuxProcess> found = [.. children[Pid]];
        for (int i = 0; i < found.Count; i++)
        {
            found.AddRange(children[found[i].Pid]);
        }

        return found;
    }

    /// <summary>False when the process is gone. Nothing else ever gets the signal, but for the moment between the look and the call.</summary>
    /// <exception cref="FaultException">We may not signal it.</exception>
    public bool Send(Signal signal)
    {
        if (IsGone)
        {
            return false;
        }

        return Native.Kill(Pid, signal.Number) switch
        {
            0 => true,
            Native.ErrorNoSuchProcess => false,
            Native.ErrorNotPermitted => throw new FaultException($"{signal.Name} to pid {Pid} is not permitted: it runs as another user."),
            int error => throw new FaultException($"{signal.Name} to pid {Pid} failed with error {error}."),
        };
    }

    private string? ReadLine(string file, string prefix)
    {
        try
        {
            return File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{Pid}/{file}"))
                .FirstOrDefault(l => l.StartsWith(prefix, StringComparison.Ordinal))?[prefix.Length..].Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private char? ReadState() => ReadStat(Pid) is { } stat && stat.StartTicks == StartTicks ? stat.State : null;

    private static IEnumerable<(int Pid, ProcessStat Stat)> ReadAll()
    {
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out int pid) && ReadStat(pid) is { } stat)
            {
                yield return (pid, stat);
            }
        }
    }

    private static ProcessStat? ReadStat(int pid)
    {
        try
        {
            return ProcessStat.Parse(File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat")));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Gone before or while it was read.
            return null;
        }
    }
}

/// <summary>What is needed of <c>/proc/PID/stat</c> (proc(5)).</summary>
internal readonly record struct ProcessStat(char State, int ParentPid, long StartTicks, long ProcessorTicks = 0, int Nice = 0)
{
    public static ProcessStat? Parse(string line)
    {
        // The second field is the command in parentheses, and it may itself hold spaces and parentheses.
        int afterCommand = line.LastIndexOf(')') + 2;
        string[] fields = afterCommand is > 1 && afterCommand < line.Length ? line[afterCommand..].Split(' ') : [];
        return fields.Length > 19
            ? new ProcessStat(
                fields[0][0],
                int.Parse(fields[1], CultureInfo.InvariantCulture),
                long.Parse(fields[19], CultureInfo.InvariantCulture),
                long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture),
                int.Parse(fields[16], CultureInfo.InvariantCulture))
            : null;
    }
}
