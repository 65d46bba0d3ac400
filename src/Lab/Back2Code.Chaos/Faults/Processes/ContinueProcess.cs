using System.Globalization;
using Back2Code.Chaos.Faults.Processes;

namespace Back2Code.Chaos.Faults;

/// <summary>Wakes a stopped process and everything below it.</summary>
internal sealed record ContinueProcess(string Process, int Pid, long StartTicks) : UndoStep
{
    internal override string? Owns => $"whether {Process} runs";

    public override Task<string> ApplyAsync(IFaultTarget platform, UndoRecord record, CancellationToken cancellationToken)
    {
        var process = new LinuxProcess(Pid, StartTicks);
        if (record.BootId != FaultJournal.BootId || process.IsGone)
        {
            return Task.FromResult(string.Create(CultureInfo.InvariantCulture, $"{Process}: pid {Pid} is gone, nothing to resume"));
        }

        // What it is now, not what it was when frozen: stopped processes start no others, but may have been killed.
        var descendants = process.ListDescendants();
        foreach (var one in descendants.Prepend(process))
        {
            one.Send(Signal.Continue);
        }

        return Task.FromResult(string.Create(
            CultureInfo.InvariantCulture, $"{Process}: pid {Pid} and {descendants.Count} below it were told to go on{(process.IsStopped ? ", yet it is still stopped" : "")}"));
    }
}

/// <summary>Lets the supervisor start a process again.</summary>
internal sealed record ReleaseHold(string Process) : UndoStep
{
    internal override string? Owns => $"whether {Process} may start";

    public override async Task<string> ApplyAsync(IFaultTarget platform, UndoRecord record, CancellationToken cancellationToken)
    {
        await platform.ReleaseAsync(Process, cancellationToken);
        return $"{Process}: may start again";
    }
}
