using System.Globalization;
using Back2Code.Chaos.Faults.Services;

namespace Back2Code.Chaos.Faults;

/// <summary>Has a service behave again. One that was restarted meanwhile has forgotten the fault.</summary>
internal sealed record EndDisturbance(string Process, string Kind) : UndoStep
{
    public override async Task<string> ApplyAsync(IFaultTarget platform, UndoRecord record, CancellationToken cancellationToken)
    {
        var process = (await platform.ListProcessesAsync(cancellationToken)).FirstOrDefault(p => p.Name == Process);
        if (process is not { Pid: not null } || platform.ChaosToken is not { } token)
        {
            return $"{Process}: is not running, and its {Kind} is gone with it";
        }

        // One that does not answer now is asked again by whoever heals next; in any case it ends the fault itself when its lease is over.
        return await ServiceSwitch.Of(process, token, Kind).StopAsync(record.FaultId, cancellationToken) is { } last
            ? string.Create(CultureInfo.InvariantCulture, $"{Process}: {Kind} ended; in all it struck {last.Struck:N0} of {last.Seen:N0}")
            : $"{Process}: knew nothing of {Kind} any more; it was restarted meanwhile";
    }
}
