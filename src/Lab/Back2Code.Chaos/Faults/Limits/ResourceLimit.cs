using System.Diagnostics;
using System.Globalization;
using Back2Code.Chaos.Faults.Processes;

namespace Back2Code.Chaos.Faults.Limits;

/// <summary>A limit that the kernel keeps for each process (getrlimit(2)).</summary>
/// <param name="Name">As <c>/proc/PID/limits</c> has it.</param>
/// <param name="Number">As in the kernel's tables on x86-64 and arm64.</param>
/// <param name="Option">As prlimit(1) has it.</param>
internal sealed record ResourceLimit(string Name, int Number, string Option)
{
    /// <summary>The largest position in a file that may be written to.</summary>
    public static readonly ResourceLimit FileSize = new("Max file size", 1, "fsize");

    public static readonly ResourceLimit OpenFiles = new("Max open files", 7, "nofile");

    public static readonly ResourceLimit AddressSpace = new("Max address space", 9, "as");

    private static readonly ResourceLimit[] All = [FileSize, OpenFiles, AddressSpace];

    public static ResourceLimit Find(string name) => All.FirstOrDefault(l => l.Name == name) ?? throw new FaultException($"There is no limit called '{name}'.");

    /// <summary>The soft and the hard limit of a process; null when it is gone.</summary>
    public (ulong Soft, ulong Hard)? Read(LinuxProcess process)
    {
        try
        {
            string line = File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{process.Pid}/limits")).First(l => l.StartsWith(Name, StringComparison.Ordinal));
            string[] values = line[Name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return process.IsGone ? null : (Parse(values[0]), Parse(values[1]));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Changes the soft limit of a process and everything below it, which what they start inherits. The hard one stays: an ordinary user could not raise it again.</summary>
    /// <returns>How many processes have it now.</returns>
    public int Set(LinuxProcess process, Func<LinuxProcess, ulong> limit)
    {
        int count = 0;
        foreach (var one in process.ListTree())
        {
            if (Read(one) is not var (soft, hard))
            {
                // A backend that has ended meanwhile.
                continue;
            }

            ulong wanted = Math.Min(limit(one), hard);
            if (wanted != soft)
            {
                SetOne(one, wanted, hard);
            }

            count++;
        }

        return count;
    }

    public static string Text(ulong limit) => limit == ulong.MaxValue ? "unlimited" : limit.ToString("N0", CultureInfo.InvariantCulture);

    private static ulong Parse(string text) => text == "unlimited" ? ulong.MaxValue : ulong.Parse(text, CultureInfo.InvariantCulture);

    private void SetOne(LinuxProcess process, ulong soft, ulong hard)
    {
        int error = Native.SetLimit(process.Pid, Number, soft, hard);
        if (error == Native.ErrorNotPermitted && Environment.IsPrivilegedProcess)
        {
            // Root without CAP_SYS_RESOURCE, as in a container, may not; the user whose process it is may.
            error = SetAsOwner(process, soft, hard) ? 0 : error;
        }

        if (error != 0 && !process.IsGone)
        {
            throw new FaultException($"{Name} of pid {process.Pid} cannot be changed: {new System.ComponentModel.Win32Exception(error).Message}");
        }
    }

    private bool SetAsOwner(LinuxProcess process, ulong soft, ulong hard)
    {
        if (process.ReadStatus("Uid")?.Split('\t')[0] is not { } user || process.ReadStatus("Gid")?.Split('\t')[0] is not { } group)
        {
            return false;
        }

        using var prlimit = Process.Start(new ProcessStartInfo("setpriv",
            [$"--reuid={user}", $"--regid={group}", "--clear-groups", "--", "prlimit", FormattableString.Invariant($"--pid={process.Pid}"), $"--{Option}={Word(soft)}:{Word(hard)}"])
        {
            RedirectStandardError = true,
        });
        prlimit!.WaitForExit();
        return prlimit.ExitCode == 0;

        static string Word(ulong limit) => limit == ulong.MaxValue ? "unlimited" : limit.ToString(CultureInfo.InvariantCulture);
    }
}

/// <summary>Gives a process, and what runs below it, its soft limit back. One that was restarted has it already.</summary>
internal sealed record RestoreLimit(string Process, string Limit, ulong Soft) : UndoStep
{
    internal override string? Owns => $"the limit '{Limit}' of {Process}";

    public override async Task<string> ApplyAsync(IFaultTarget platform, UndoRecord record, CancellationToken cancellationToken)
    {
        var limit = ResourceLimit.Find(Limit);
        if (await RunningTarget.FindAsync(platform, Process, cancellationToken) is not { } running)
        {
            return $"{Process}: is not running, its limit is gone with it";
        }

        int count = limit.Set(running.Process, _ => Soft);
        return string.Create(CultureInfo.InvariantCulture, $"{Process}: '{Limit}' of {count} processes is {ResourceLimit.Text(limit.Read(running.Process)?.Soft ?? 0)} again");
    }
}
