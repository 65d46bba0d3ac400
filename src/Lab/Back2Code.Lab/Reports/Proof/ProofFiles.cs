using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Back2Code.Lab.Drills;
using Back2Code.Lab.Drills.Settings;
using Back2Code.Lab.Traffic;
using Back2Code.Lab.Traffic.Verification;

namespace Back2Code.Lab.Reports.Proof;

/// <summary>The files of a report that its figures are computed from: written beside it, and read back into a record.</summary>
internal static class ProofFiles
{
    public const string Traffic = "traffic.jsonl";
    public const string Alerts = "alerts.json";
    public const string Prometheus = "prometheus.json";
    public const string Ledger = "ledger.jsonl";
    public const string ReadBack = "readback.jsonl";

    /// <summary>All that there may be; which of them there are depends on how far a drill came.</summary>
    public static readonly IReadOnlyList<string> Names = [RunFacts.FileName, Traffic, Alerts, Prometheus, Ledger, ReadBack, "drill.yaml", "drill.yml", "drill.json"];

    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    // Prometheus' answers are thousands of numbers; nobody reads them line by line.
    private static readonly JsonSerializerOptions Compact = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static async Task WriteAsync(string folder, DrillRecord record, CancellationToken cancellationToken)
    {
        var drill = await CopyDrillAsync(folder, record, cancellationToken);
        await WriteAsync(RunFacts.FileName, JsonSerializer.Serialize(RunFacts.Of(record, drill), Format));
        await WriteAsync(Traffic, string.Join('\n', Lines(record)));
        if (record.Evidence.Incidents is { } incidents)
        {
            await WriteAsync(Alerts, JsonSerializer.Serialize(incidents, Format));
        }

        if (record.Evidence.Prometheus.Count > 0)
        {
            await WriteAsync(Prometheus, "[\n" + string.Join(",\n", record.Evidence.Prometheus.Select(answer => JsonSerializer.Serialize(answer, Compact))) + "\n]");
        }

        Task WriteAsync(string name, string text) => File.WriteAllTextAsync(Path.Combine(folder, name), text + "\n", cancellationToken);
    }

    /// <summary>Everything computed again from the files.</summary>
    /// <exception cref="NotAReportException">A file that must be there is missing or is not what it should be.</exception>
    public static async Task<DrillRecord> ReadAsync(string folder, CancellationToken cancellationToken)
    {
        try
        {
            var facts = JsonSerializer.Deserialize<RunFacts>(File.ReadAllText(In(RunFacts.FileName)), Format) ?? throw new JsonException($"{RunFacts.FileName} is null");
            var drill = DrillReader.Load(In(Path.GetFileName(facts.DrillFile))) with { Name = facts.Drill };
            var record = facts.ToRecord(DrillSettings.Parse(facts.Settings).ApplyTo(drill));
            ReadTraffic(record, In(Traffic));
            if (File.Exists(In(ReadBack)) && record.Ledger is { } told)
            {
                record.Ledger = LedgerVerification.JudgeAgain(In(Ledger), In(ReadBack)) with { Seconds = told.Seconds };
            }

            if (File.Exists(In(Alerts)))
            {
                record.Evidence.Incidents = JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(In(Alerts)));
            }

            if (File.Exists(In(Prometheus)))
            {
                record.Evidence.Prometheus.AddRange(JsonSerializer.Deserialize<List<PrometheusAnswer>>(File.ReadAllText(In(Prometheus)), Compact) ?? []);
            }

            await ComputeAsync(record, cancellationToken);
            return record;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or TrafficException or DrillSettingException or InvalidOperationException
            or KeyNotFoundException or FormatException or Chaos.Experiments.InvalidExperimentException or ArgumentException)
        {
            throw new NotAReportException(e.Message, e);
        }

        string In(string name) => Path.Combine(folder, name);
    }

    private static async Task ComputeAsync(DrillRecord record, CancellationToken cancellationToken)
    {
        var answers = record.Evidence.Prometheus;
        var firing = answers.Find(a => a.Name == PrometheusReader.FiringName);
        var responses = answers.Find(a => a.Name == PrometheusReader.ResponsesName);
        DrillFigures.Fill(record, firing is null || responses is null || record.Evidence.WatchedTo is not { } to ? null : PrometheusReader.EvidenceOf(firing, responses, to));
        if (answers.Exists(a => a.Name == "requests"))
        {
            record.Figures = await FigureCheck.CompareAsync(
                record,
                (name, query, _) => Task.FromResult(answers.Find(a => a.Name == name && a.Query == query) ?? new PrometheusAnswer(name, query, null, null, null, default, default)),
                cancellationToken);
        }

        DrillFigures.Conclude(record);
    }

    private static IEnumerable<string> Lines(DrillRecord record) => record.Traffic is { } summary
        ? [.. record.Seconds.Select(Line), JsonSerializer.Serialize(summary, TrafficJson.Default.TrafficSummary)]
        : record.Seconds.Select(Line);

    private static string Line(TrafficSecond second) => JsonSerializer.Serialize(second, TrafficJson.Default.TrafficSecond);

    private static void ReadTraffic(DrillRecord record, string path)
    {
        var seconds = new List<TrafficSecond>();
        TrafficSummary? summary = null;
        foreach (var line in File.ReadLines(path).Where(line => line.Length > 0))
        {
            switch (TrafficLines.Parse(line))
            {
                case TrafficSecond second:
                    seconds.Add(second);
                    break;
                case TrafficSummary last:
                    summary = last;
                    break;
                default:
                    throw new JsonException($"{Traffic} holds a line that is none of the traffic generator's: {(line.Length > 60 ? line[..60] + "…" : line)}");
            }
        }

        record.Seconds = seconds;
        record.Evidence.ToldTraffic = summary;
        record.Traffic = summary is null ? null : RunSums.Recompute(summary, seconds);
    }

    /// <summary>Byte by byte, unless it may hold secrets: then as the journal shows it, with those hidden.</summary>
    private static async Task<string> CopyDrillAsync(string folder, DrillRecord record, CancellationToken cancellationToken)
    {
        var file = record.Drill.File;
        if (record.Drill.Experiment.Secrets is null && File.Exists(file))
        {
            var name = "drill" + Path.GetExtension(file).ToLowerInvariant();
            await File.WriteAllBytesAsync(Path.Combine(folder, name), await File.ReadAllBytesAsync(file, cancellationToken), cancellationToken);
            return name;
        }

        var source = record.Drill.Experiment.Source.ToJson();
        await File.WriteAllTextAsync(Path.Combine(folder, "drill.json"), JsonSerializer.Serialize(record.Journal?.Mask.Hide(source) ?? source, Format) + "\n", cancellationToken);
        return "drill.json";
    }
}
