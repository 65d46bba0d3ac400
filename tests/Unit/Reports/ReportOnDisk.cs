using System.Text.Json;
using Back2Code.Chaos.Experiments;
using Back2Code.Chaos.Faults;
using Back2Code.Lab.Drills;
using Back2Code.Lab.Reports;
using Back2Code.Lab.Traffic;
using Back2Code.Lab.Traffic.Verification;
using Back2Code.UnitTests.Drills;

namespace Back2Code.UnitTests.Reports;

/// <summary>A whole report of a drill in which writes failed for seven seconds, made from evidence as a run makes it.</summary>
internal sealed class ReportOnDisk : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Injected = Noon.AddSeconds(10).AddTicks(1234567);

    private readonly DrillOnDisk _drill = new();

    private ReportOnDisk()
    {
    }

    public string Folder => Path.Combine(_drill.Folder, "report");

    public DrillRecord Record { get; private set; } = null!;

    public static async Task<ReportOnDisk> WriteAsync()
    {
        var report = new ReportOnDisk();
        var folder = ReportFolder.Create(report.Folder, "unused", "test", Noon);
        var record = report.Record = report.Make();
        await File.WriteAllTextAsync(Path.Combine(report.Folder, "ledger.jsonl"), Ledger);
        await File.WriteAllTextAsync(Path.Combine(report.Folder, "readback.jsonl"), ReadBack);
        record.Ledger = LedgerVerification.JudgeAgain(Path.Combine(report.Folder, "ledger.jsonl"), Path.Combine(report.Folder, "readback.jsonl")) with { Seconds = 1.5 };
        var answers = record.Evidence.Prometheus;
        answers.AddRange([Firing(), Responses()]);
        record.Figures = await FigureCheck.CompareAsync(record, (name, query, _) => Task.FromResult(Keep(answers, Answer(name, query))), CancellationToken.None);
        DrillFigures.Fill(record, PrometheusReader.EvidenceOf(answers[0], answers[1], record.Evidence.WatchedTo!.Value));
        DrillFigures.Conclude(record);
        await folder.WriteAsync(record, CancellationToken.None);
        return report;
    }

    public string In(string name) => Path.Combine(Folder, name);

    /// <summary>What somebody would do who changes a figure and does not want to be found out.</summary>
    public async Task HashAgainAsync()
    {
        var manifest = await Lab.Reports.Proof.ReportManifest.ReadAsync(Folder, CancellationToken.None);
        await Lab.Reports.Proof.ReportManifest.WriteAsync(Folder, manifest.Files.Keys, manifest.WrittenAt, CancellationToken.None);
    }

    public void Dispose() => _drill.Dispose();

    private static PrometheusAnswer Keep(List<PrometheusAnswer> answers, PrometheusAnswer answer)
    {
        answers.Add(answer);
        return answer;
    }

    private DrillRecord Make()
    {
        List<TrafficSecond> seconds = [.. Enumerable.Range(0, 30).Select(Second)];
        var drill = _drill.Load();
        var record = new DrillRecord
        {
            Drill = drill,
            StartedAt = Noon,
            EndedAt = Noon.AddSeconds(45),
            Seed = 7,
            InjectedAt = Injected,
            FaultEndedAt = Injected.AddSeconds(6),
            SteadyAt = Injected.AddSeconds(8),
            Seconds = seconds,
            Traffic = RunSums.Recompute(Summary(), seconds),
            Journal = new ExperimentJournal(drill.Experiment, Noon),
            Evidence = new DrillEvidence
            {
                AvailabilityObjective = 0.995m,
                WatchedFrom = Noon.AddSeconds(9),
                WatchedTo = Noon.AddSeconds(30),
                CountedFrom = Noon.AddSeconds(-2),
                CountedTo = Noon.AddSeconds(31).AddMilliseconds(417),
                Prepared = 40,
                OwnAnswers = 3,
                Incidents = Incidents(),
            },
        };
        record.Receipts.Add(new Receipt("f1", "link.latency", "notes-*-to-postgres", Injected, Injected.AddMilliseconds(3), ["3.0 s more"], true));
        record.Undone.Add(new UndoReceipt("f1", Injected.AddSeconds(6), ["as before"]));
        record.Phases.Add(new PhaseRecord(DrillPhase.SteadyState, Noon, Noon.AddSeconds(9), "holds", true));
        var step = new ActivityResult(new System.Text.Json.Nodes.JsonObject(), Injected);
        step.Succeed(Injected, JsonSerializer.SerializeToNode(record.Receipts[0], JsonSerializerOptions.Web));
        record.Journal.Run.Add(step);
        return record;
    }

    private static TrafficSecond Second(int i)
    {
        var at = Noon.AddSeconds(i);
        var failed = i is >= 10 and < 17 ? 20 : 0;
        return new TrafficSecond
        {
            At = at,
            Phase = i < 8 ? "warmup" : "measure",
            Sent = 120,
            Ok = 120 - failed,
            Failed = failed,
            InFlight = 0,
            BehindMs = 0.1,
            Behind = false,
            P50Ms = 3,
            P95Ms = 20,
            P99Ms = 90,
            Statuses = new Dictionary<string, int> { ["200"] = 120 - failed },
            ByJourney = i < 8 ? new Dictionary<string, JourneySecond>() : new Dictionary<string, JourneySecond>
            {
                ["reads"] = new(80, 0, null, null, at.AddMilliseconds(1)) { Statuses = new Dictionary<string, int> { ["200"] = 80 }, ResponseBuckets = Buckets(1, 80), ResponseMaxNs = 56_000_000 },
                ["creates"] = (failed == 0 ? new JourneySecond(40, 0, null, null, at.AddMilliseconds(125)) : new(40, failed, at.AddMilliseconds(200), at.AddMilliseconds(900), null)) with
                {
                    Statuses = failed == 0 ? new Dictionary<string, int> { ["201"] = 40 } : new Dictionary<string, int> { ["201"] = 20, ["503"] = 20 },
                    ResponseBuckets = Buckets(81, 40),
                    ResponseMaxNs = 84_000_000,
                },
            },
            ResponseBuckets = i < 8 ? [] : Buckets(1, 120),
            ResponseMaxNs = i < 8 ? 0 : 84_000_000,
        };
    }

    private static IReadOnlyList<long> Buckets(int first, int count) => LatencyBuckets.Of(Enumerable.Range(first, count).Select(n => n * 700_000L));

    private static TrafficSummary Summary() => new()
    {
        RunId = "r", StartedAt = Noon, EndedAt = Noon.AddSeconds(30), MeasuredFrom = Noon.AddSeconds(8), Total = 0, Failed = 0, FailedRatio = 0,
        LatencyMs = new LatencyQuantiles(null, null, null, null), ServiceMs = new LatencyQuantiles(3, 20, 80, 84), FirstFailureAt = null, LastFailureAt = null, RecoveredAt = null,
        BehindMs = 1, BehindP99Ms = 1, SecondsBehind = 0, ShedByGenerator = 0, StaleReads = 0, UndeclaredStaleReads = 0,
        Statuses = new Dictionary<string, long> { ["200"] = 2500, ["503"] = 140 },
        ByJourney = new Dictionary<string, JourneySummary> { ["creates"] = new(0, 0, new LatencyQuantiles(2, 4, 8, 9), null, null) },
        WarmUp = new WarmUpSummary(960, 0), GeneratorCpuPercent = 5,
    };

    private static JsonElement Incidents() => JsonSerializer.Deserialize<JsonElement>($$"""
        {"items": [{"id": "4711", "title": "Notes fail", "state": "resolved", "alerts": [
          {"name": "FastBurn", "startsAt": "{{Injected.AddSeconds(2):O}}", "endsAt": "{{Injected.AddSeconds(11):O}}", "receivedAt": "{{Injected.AddSeconds(2.3):O}}", "labels": { "severity": "critical", "slo": "s" } } ] } ] }
        """);

    /// <summary>One alert that monitoring was told of, and one that it was not.</summary>
    private static PrometheusAnswer Firing() => Range(PrometheusReader.FiringName, "ALERTS", [
        ("FastBurn", Enumerable.Range(13, 8).Select(i => (i, 1.0))),
        ("Down", Enumerable.Range(12, 3).Select(i => (i, 1.0)))], "alertname");

    private static PrometheusAnswer Responses() => Range(PrometheusReader.ResponsesName, "sum by (code) (x)", [
        ("2xx", Enumerable.Range(9, 22).Select(i => (i, 1000.0 + (100 * i)))),
        ("5xx", Enumerable.Range(9, 22).Select(i => (i, i < 10 ? 0.0 : Math.Min(i - 9, 7) * 20)))], "code");

    /// <summary>Every total as the report has it, so that all agree; the raw samples have the same at both ends.</summary>
    private static PrometheusAnswer Answer(string name, string query)
    {
        var (before, total) = (500, 500 + 2640 + 960 + 40 + 3);
        if (query.EndsWith("31.417", StringComparison.Ordinal) && query.Contains('[', StringComparison.Ordinal))
        {
            var at = Noon.AddSeconds(31).ToUnixTimeMilliseconds() / 1000.0;
            var from = Noon.AddSeconds(-3).ToUnixTimeSeconds();
            object[] Series(object labels, double first, double last) => [new { metric = labels, values = new object[] { new object[] { from, Text(first) }, new object[] { at, Text(last) } } }];
            return Instant(name, query, JsonSerializer.SerializeToElement(query.StartsWith("haproxy", StringComparison.Ordinal)
                ? (object[])[.. Series(new { code = "2xx" }, before, total - 140), .. Series(new { code = "5xx" }, 0, 140)]
                : [.. Series(new { method = "GET", code_class = "2xx" }, before, total - 2), .. Series(new { method = "POST", code_class = "2xx" }, 0, 2)]));
        }

        var value = name switch { "failedRequests" => 140, "acknowledgedWrites" => 2, _ => total - before };
        return Instant(name, query, JsonSerializer.SerializeToElement(new object[] { new { metric = new { }, value = new object[] { 1.5, Text(value) } } }));
    }

    private static PrometheusAnswer Instant(string name, string query, JsonElement result) => new(name, query, null, null, null, Noon, result);

    private static PrometheusAnswer Range(string name, string query, (string Label, IEnumerable<(int Second, double Value)> Points)[] series, string label) => new(
        name, query, "1", "2", "1", Noon,
        JsonSerializer.SerializeToElement(series.Select(s => new
        {
            metric = new Dictionary<string, string> { [label] = s.Label },
            values = s.Points.Select(p => new object[] { Noon.AddSeconds(p.Second).ToUnixTimeSeconds(), Text(p.Value) }),
        })));

    private static string Text(double value) => value.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private const string Ledger = """
        {"kind":"run","at":"2026-11-20T12:00:00Z","runId":"r"}
        {"kind":"try","at":"2026-11-20T12:00:01Z","write":1,"op":"create","user":"ada","key":"k1","version":1,"content":"c1"}
        {"kind":"ack","at":"2026-11-20T12:00:01Z","write":1,"op":"create","user":"ada","key":"k1","note":"00000000-0000-0000-0000-000000000001","version":1,"content":"c1","outcome":"201"}
        {"kind":"try","at":"2026-11-20T12:00:02Z","write":2,"op":"create","user":"ada","key":"k2","version":1,"content":"c2"}
        {"kind":"ack","at":"2026-11-20T12:00:02Z","write":2,"op":"create","user":"ada","key":"k2","note":"00000000-0000-0000-0000-000000000002","version":1,"content":"c2","outcome":"201"}
        {"kind":"end","at":"2026-11-20T12:00:09Z","runId":"r"}

        """;

    private const string ReadBack = """
        {"kind":"note","note":"00000000-0000-0000-0000-000000000001","found":true,"version":1,"content":"c1","listed":true}
        {"kind":"note","note":"00000000-0000-0000-0000-000000000002","found":true,"version":1,"content":"c2","listed":true}
        {"kind":"event","note":"00000000-0000-0000-0000-000000000001","type":"note.created","version":1,"ids":["n1"]}
        {"kind":"event","note":"00000000-0000-0000-0000-000000000002","type":"note.created","version":1,"ids":["n2"]}
        {"kind":"user","user":"ada","inboxRead":true,"lookedAgain":true}

        """;
}
