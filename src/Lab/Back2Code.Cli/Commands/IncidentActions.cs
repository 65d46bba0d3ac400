using System.Text.Json;
using Back2Code.Chaos.Experiments;
using Back2Code.Lab.Drills;
using Back2Code.Lab.Drills.Actions;
using Back2Code.Lab.Supervision;

namespace Back2Code.Cli.Commands;

/// <summary>The loop from an incident back to a drill: each action item as a file that shows whether it is done.</summary>
internal static class IncidentActions
{
    /// <param name="report">Folder of the drill's report; null looks under <c>reports/</c>.</param>
    /// <exception cref="LabException">The incident was not made by a drill that is here, or a file cannot be written.</exception>
    public static IReadOnlyList<WrittenAction> Write(Guid id, JsonElement incident, string folder, string? report)
    {
        string home = LabOptions.Home();
        string name = IncidentDrill.NameOf(incident)
            ?? throw new LabException("No drill told that it made this incident, so there is no drill to tighten. Only a drill that is over tells.");
        if (IncidentDrill.ActionsOf(incident) is not { Count: > 0 } items)
        {
            throw new LabException($"The incident has no action items. Add one with `back2code incident action {id} \"… mttr <= 8s\" --type mitigate --owner NAME`.");
        }

        Drill drill = Load(home, name);
        var found = IncidentDrill.FindReport(id.ToString(), report is null ? [Path.Combine(home, "reports")] : [report]);
        if (report is not null && found is null)
        {
            throw new LabException($"No report in {report} names this incident among its alerts.");
        }

        return ActionDrillWriter.Write(folder, id.ToString(), drill, ActionDrills.Of(drill, found?.Measured ?? FromIncident(drill, incident), items));
    }

    private static Drill Load(string home, string name)
    {
        try
        {
            return new DrillCatalogue(Path.Combine(home, "drills")).Load(name);
        }
        catch (Exception e) when (e is UnknownDrillException or InvalidExperimentException)
        {
            throw new LabException($"The incident was made by drill {name}, which cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Monitoring's own time to detect is that of a drill; its time to restore is not, it ends with the alerts.</summary>
    private static MeasuredIncident FromIncident(Drill drill, JsonElement incident)
    {
        double? detected = incident.GetProperty("measures").TryGetProperty("mttdSeconds", out JsonElement seconds) && seconds.ValueKind == JsonValueKind.Number ? seconds.GetDouble() : null;
        return MeasuredIncident.Unknown with { Mttd = drill.UsersNotice ? detected : null, Signal = drill.UsersNotice ? null : detected };
    }
}
