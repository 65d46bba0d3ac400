using System.Globalization;
using System.Text.Json.Nodes;
using Back2Code.Lab.Drills;

namespace Back2Code.Lab.Reports.Proof;

/// <summary>Compares a summary with one that was computed again, value by value, and says where each second value came from.</summary>
internal static class SummaryComparison
{
    /// <summary>What nothing else in the folder tells: such a value is only compared with what the engine wrote into evidence.json.</summary>
    private static readonly string[] Carried = ["startedAt", "endedAt", "steadyAt", "seed", "phases", "notes", "receipts"];

    private static readonly (string Path, string Source)[] Sources =
    [
        ("timeScale", "the drill file"),
        ("injectedAt", "evidence.json: receipts"),
        ("detectedAt", "alerts.json, prometheus.json"),
        ("faultEndedAt", "evidence.json: undo receipts"),
        ("recoveredAt", "traffic.jsonl; alerts.json where users notice nothing"),
        ("mttdSeconds", "alerts.json, evidence.json: receipts"),
        ("signalSeconds", "alerts.json, evidence.json: receipts"),
        ("mttrSeconds", "traffic.jsonl, evidence.json: receipts"),
        ("requests", "traffic.jsonl: sum of the seconds"),
        ("latencyMs", "traffic.jsonl: buckets of the seconds"),
        ("errorBudget", "prometheus.json: the gateway's counters"),
        ("ledger", "ledger.jsonl judged again with readback.jsonl"),
        ("alerts", "alerts.json, prometheus.json"),
        ("figures", "prometheus.json, traffic.jsonl, ledger.jsonl"),
        ("objectives", "the drill file and the figures above"),
        ("status", "the objectives, and the engine's own verdict"),
        ("exitCode", "the objectives, and the engine's own verdict"),
        ("reason", "the objectives, and the engine's own verdict"),
    ];

    public static IEnumerable<CheckedFigure> Compare(JsonObject reported, JsonObject recomputed, DrillRecord record)
    {
        foreach (var key in recomputed.Select(p => p.Key).Union(reported.Select(p => p.Key)).ToList())
        {
            var (theirs, ours) = (Leaves(reported[key], key).ToDictionary(), Leaves(recomputed[key], key).ToDictionary());
            var differing = theirs.Keys.Union(ours.Keys).Where(path => theirs.GetValueOrDefault(path) != ours.GetValueOrDefault(path)).ToList();
            foreach (var path in differing)
            {
                yield return new CheckedFigure(path, theirs.GetValueOrDefault(path, "absent"), ours.GetValueOrDefault(path, "absent"), SourceOf(key, record), CheckOutcome.Differs);
            }

            if (differing.Count > 0)
            {
                continue;
            }

            var outcome = Carried.Contains(key) || IsUnproved(key, record) ? CheckOutcome.NotChecked : CheckOutcome.Agrees;
            if (reported[key] is JsonObject map)
            {
                foreach (var (name, value) in map.Where(p => p.Value is not JsonArray))
                {
                    yield return new CheckedFigure($"{key}.{name}", Text(value), Text(recomputed[key]![name]), SourceOf(key, record), outcome);
                }
            }
            else
            {
                var shown = reported[key] is JsonArray list ? FormattableString.Invariant($"{list.Count} entries") : Text(reported[key]);
                yield return new CheckedFigure(key, shown, shown, SourceOf(key, record), outcome);
            }
        }

        yield return new CheckedFigure("latencies of single journeys, outcomes by status", null, null, "only the generator's own summary tells them", CheckOutcome.NotChecked);
    }

    public static string Text(JsonNode? value) => value is null ? "null" : value.ToJsonString().Trim('"') is var text && text.Length > 60 ? text[..57] + "..." : value.ToJsonString().Trim('"');

    public static string Text(double? value) => value is { } v ? v.ToString("R", CultureInfo.InvariantCulture) : "null";

    private static bool IsUnproved(string key, DrillRecord record) => key switch
    {
        "ledger" => record.Ledger is not null && record.Evidence.Verdict is { ExitCode: 130 },
        "status" or "exitCode" or "reason" => record.Evidence.Verdict is not null,
        "drill" or "title" or "usersNotice" or "expectedAlert" => false,
        _ => false,
    };

    private static string SourceOf(string key, DrillRecord record) =>
        Carried.Contains(key) ? "as the engine wrote it down; nothing else tells it"
        : key is "status" or "exitCode" or "reason" && record.Evidence.Verdict is not null ? "the engine ended the run; evidence.json says so"
        : Sources.FirstOrDefault(s => s.Path == key).Source ?? "the drill file";

    /// <summary>Every value with its path; numbers as numbers, so that 5 and 5.0 are one.</summary>
    private static IEnumerable<KeyValuePair<string, string>> Leaves(JsonNode? node, string path) => node switch
    {
        JsonObject map => map.SelectMany(entry => Leaves(entry.Value, $"{path}.{entry.Key}")),
        JsonArray list => list.SelectMany((item, i) => Leaves(item, FormattableString.Invariant($"{path}[{i}]"))).Append(new($"{path}.count", FormattableString.Invariant($"{list.Count}"))),
        JsonValue value when value.GetValueKind() == System.Text.Json.JsonValueKind.Number => [new(path, double.Parse(value.ToJsonString(), CultureInfo.InvariantCulture).ToString("R", CultureInfo.InvariantCulture))],
        _ => [new(path, node?.ToJsonString() ?? "null")],
    };
}
