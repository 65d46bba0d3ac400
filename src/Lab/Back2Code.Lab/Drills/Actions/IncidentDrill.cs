using System.Text.Json;
using System.Text.RegularExpressions;
using Back2Code.Lab.Reports.Proof;

namespace Back2Code.Lab.Drills.Actions;

/// <summary>What an incident as monitoring tells it says about the drill that made it.</summary>
public static partial class IncidentDrill
{
    /// <summary>Name of the drill; null when no drill told that it broke anything.</summary>
    /// <param name="incident">The answer of <c>GET /v1/incidents/{id}</c>.</param>
    public static string? NameOf(JsonElement incident)
    {
        var started = incident.TryGetProperty("measures", out var measures) && measures.TryGetProperty("startedAt", out var at) && at.ValueKind == JsonValueKind.String ? at.GetDateTimeOffset() : (DateTimeOffset?)null;
        var told = incident.GetProperty("timeline").EnumerateArray()
            .Where(entry => entry.GetProperty("kind").GetString() == "fault.injected")
            .Select(entry => (At: entry.GetProperty("at").GetDateTimeOffset(), Match: Told().Match(entry.GetProperty("text").GetString() ?? "")))
            .Where(entry => entry.Match.Success)
            .ToList();

        // Faults of the drill before may lie just before this incident; its own is the one that its times are counted from.
        var own = told.OrderBy(entry => started is { } s ? (entry.At - s).Duration() : TimeSpan.Zero).Select(entry => entry.Match).FirstOrDefault();
        return own?.Groups["name"].Value;
    }

    public static IReadOnlyList<ActionItem> ActionsOf(JsonElement incident) =>
    [
        .. incident.GetProperty("actions").EnumerateArray().Select(action => new ActionItem(
            action.GetProperty("number").GetInt32(),
            action.GetProperty("title").GetString() ?? "",
            action.GetProperty("type").GetString() ?? "",
            action.GetProperty("owner").GetString() ?? "",
            action.GetProperty("done").GetBoolean())),
    ];

    /// <summary>What the drill's own report measured. Found by the incident's id among its alerts.</summary>
    /// <param name="folders">Where reports lie: of single drills, and a level below those of campaigns.</param>
    /// <returns>Null when no report names the incident.</returns>
    public static (string Folder, MeasuredIncident Measured)? FindReport(string incidentId, IEnumerable<string> folders)
    {
        var summaries = folders.Where(Directory.Exists).SelectMany(folder => Directory.EnumerateFiles(folder, "summary.json", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 2, IgnoreInaccessible = true }));
        foreach (var file in summaries.OrderByDescending(File.GetLastWriteTimeUtc))
        {
            if (ReadSummary(file) is { } summary && summary.TryGetProperty("alerts", out var alerts)
                && alerts.EnumerateArray().Any(alert => alert.TryGetProperty("incidentId", out var id) && id.ValueKind == JsonValueKind.String && id.GetString() == incidentId))
            {
                return (Path.GetDirectoryName(file)!, MeasuredIn(summary, alerts, Path.GetDirectoryName(file)!));
            }
        }

        return null;
    }

    private static MeasuredIncident MeasuredIn(JsonElement summary, JsonElement alerts, string folder)
    {
        var filed = alerts.EnumerateArray().Where(a => a.GetProperty("incidentId").ValueKind == JsonValueKind.String).ToList();
        return new MeasuredIncident(
            Number("mttdSeconds"),
            Number("signalSeconds"),
            Number("mttrSeconds"),
            Number("requests", "failedRatio"),
            Number("errorBudget", "burntRatio"),
            Number("latencyMs", "p50"),
            Number("latencyMs", "p95"),
            Number("latencyMs", "p99"),
            filed.Select(a => a.GetProperty("incidentId").GetString()).Distinct().Count(),
            PagesIn(summary, folder));

        double? Number(params string[] path)
        {
            var value = summary;
            foreach (var key in path)
            {
                if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty(key, out value))
                {
                    return null;
                }
            }

            return value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;
        }
    }

    /// <summary>
    /// Messages that called somebody: by the drill's objective, else by what the engine kept of monitoring's log. Never by counting incidents: one may have paged
    /// twice, or not at all.
    /// </summary>
    private static int? PagesIn(JsonElement summary, string folder)
    {
        if (summary.TryGetProperty("objectives", out var objectives) && objectives.ValueKind == JsonValueKind.Array
            && objectives.EnumerateArray().FirstOrDefault(o => o.TryGetProperty("name", out var name) && name.GetString() == "pages") is { ValueKind: JsonValueKind.Object } pages)
        {
            return pages.TryGetProperty("measured", out var measured) && measured.ValueKind == JsonValueKind.Number ? (int)measured.GetDouble() : null;
        }

        string evidence = Path.Combine(folder, RunFacts.FileName);
        return File.Exists(evidence) && ReadSummary(evidence) is { } facts && facts.TryGetProperty("pages", out var sent) && sent.ValueKind == JsonValueKind.Array ? sent.GetArrayLength() : null;
    }

    private static JsonElement? ReadSummary(string file)
    {
        try
        {
            return JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(file)) is { ValueKind: JsonValueKind.Object } summary ? summary : null;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            // Somebody else's file, or one that is being written.
            return null;
        }
    }

    [GeneratedRegex(@"^drill (?<name>[^\s:]+): ")]
    private static partial Regex Told();
}
