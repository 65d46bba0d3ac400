using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Back2Code.Chaos.Experiments;
using Back2Code.Chaos.Experiments.Documents;
using Back2Code.Chaos.Faults;
using Back2Code.Lab.Drills;
using Back2Code.Lab.Reports;
using Back2Code.Lab.Traffic;
using Back2Code.Lab.Traffic.Verification;

namespace Back2Code.UnitTests.Reports;

public sealed class ReportTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_summary_has_every_field_that_scripts_rely_on()
    {
        var json = SummaryJson.Of(Record());

        string[] fields = ["drill", "status", "injectedAt", "detectedAt", "recoveredAt", "mttdSeconds", "mttrSeconds", "requests", "latencyMs", "errorBudget", "ledger", "alerts", "objectives", "receipts"];
        Assert.Subset(json.Select(p => p.Key).ToHashSet(), fields.ToHashSet());
        Assert.Equal(["total", "failed", "failedRatio"], json["requests"]!.AsObject().Select(p => p.Key).Take(3));
        Assert.Equal(["p50", "p95", "p99"], json["latencyMs"]!.AsObject().Select(p => p.Key));
        Assert.Equal(["objective", "burntRatio"], json["errorBudget"]!.AsObject().Select(p => p.Key).Take(2));
        Assert.Equal(["acknowledged", "verified", "lost", "duplicated", "stale", "unreadable"], json["ledger"]!.AsObject().Select(p => p.Key).Take(6));
        Assert.Subset(json["alerts"]![0]!.AsObject().Select(p => p.Key).ToHashSet(), new HashSet<string> { "name", "firedAt", "resolvedAt" });
        Assert.Subset(json["objectives"]![0]!.AsObject().Select(p => p.Key).ToHashSet(), new HashSet<string> { "name", "target", "measured", "met" });
        Assert.Equal("2026-11-20T12:00:10.000Z", json["injectedAt"]!.GetValue<string>());
        Assert.Equal(2.3, json["mttdSeconds"]!.GetValue<double>());
        Assert.Equal("completed", json["status"]!.GetValue<string>());
    }

    [Fact]
    public void Where_users_notice_nothing_mttd_and_mttr_are_null_but_there()
    {
        var json = SummaryJson.Of(Record(usersNotice: false));

        Assert.True(json.ContainsKey("mttdSeconds"));
        Assert.Null(json["mttdSeconds"]);
        Assert.Null(json["mttrSeconds"]);
        Assert.Equal(2.3, json["signalSeconds"]!.GetValue<double>());
    }

    [Fact]
    public void A_drill_that_got_nowhere_still_has_a_summary_and_reports()
    {
        var record = new DrillRecord { Drill = Record().Drill, StartedAt = Noon, EndedAt = Noon, Status = DrillStatus.Interrupted, ExitCode = 130, Reason = "stopped" };

        var json = SummaryJson.Of(record);

        Assert.Null(json["ledger"]);
        Assert.Null(json["requests"]!["total"]);
        Assert.Contains("interrupted", HtmlReport.Render(record), StringComparison.Ordinal);
        Assert.Contains("interrupted", MarkdownReport.Render(record), StringComparison.Ordinal);
    }

    [Fact]
    public void What_could_not_be_read_is_told_apart_from_what_is_lost()
    {
        var record = Record();
        record.Ledger = record.Ledger! with { Verified = 888, Unreadable = 12 };

        Assert.Equal(12, SummaryJson.Of(record)["ledger"]!["unreadable"]!.GetValue<int>());
        Assert.Contains("0 lost, 0 duplicated, 0 stale, 12 unreadable", HtmlReport.Render(record), StringComparison.Ordinal);
        Assert.Contains("0 lost, 0 duplicated, 0 stale, 12 unreadable", MarkdownReport.Render(record), StringComparison.Ordinal);
    }

    [Fact]
    public void The_html_loads_nothing_and_runs_nothing()
    {
        var html = HtmlReport.Render(Record());

        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<link", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotMatch(new Regex("(src|href|url)\\s*[=(]"), html);
    }

    [Fact]
    public void What_a_file_or_a_service_says_cannot_become_markup()
    {
        var html = HtmlReport.Render(Record(title: "<script>alert(1)</script> & {0}"));

        Assert.DoesNotContain("<script>", html, StringComparison.Ordinal);
        Assert.Contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; {0}", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_chart_is_well_formed_and_has_a_title_and_a_description()
    {
        var charts = Regex.Matches(HtmlReport.Render(Record()), "<svg.*?</svg>", RegexOptions.Singleline).Select(m => XElement.Parse(m.Value)).ToList();

        Assert.Equal(3, charts.Count);
        Assert.All(charts, chart =>
        {
            Assert.Equal("img", chart.Attribute("role")!.Value);
            var ids = chart.Attribute("aria-labelledby")!.Value.Split(' ');
            Assert.All(ids, id => Assert.Single(chart.Elements(), e => e.Attribute("id")?.Value == id && e.Value.Length > 10));
            Assert.Contains(chart.Elements("rect"), r => r.Attribute("class")!.Value == "band");
            Assert.Contains(chart.Elements("text"), t => t.Value == "alert fires");
        });
    }

    [Fact]
    public void The_page_is_well_formed_but_for_its_void_elements()
    {
        var html = Regex.Replace(HtmlReport.Render(Record()), "<meta[^>]*>|<!DOCTYPE html>", "");

        Assert.Equal("html", XElement.Parse(html).Name.LocalName);
    }

    [Fact]
    public void The_markdown_tells_the_same_story()
    {
        var text = MarkdownReport.Render(Record());

        string[] headings = ["## Summary", "## Impact", "## Timeline", "## What detected it", "## What recovered it", "## Ledger", "## Objectives", "## Injection receipts", "## Three questions"];
        Assert.All(headings, heading => Assert.Contains(heading + "\n", text, StringComparison.Ordinal));
        Assert.Contains("| mttd | 5.00 s | 2.30 s | met |", text, StringComparison.Ordinal);
        Assert.Contains("which fired 2.00 s after the injection; monitoring had it 2.30 s after the injection", text, StringComparison.Ordinal);
        Assert.Contains("pid 4711 \\| gone", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Figures_that_differ_are_named_in_every_form_of_the_report()
    {
        var record = Record();
        record.Figures =
        [
            new FigureAgreement("requests", 1000, "1,000 measured", 995, "sum(a) - sum(b)"),
            new FigureAgreement("failedRequests", 100, "100 measured", 98, "sum(c) - sum(d)"),
            new FigureAgreement("acknowledgedWrites", null, "no ledger", 300, "sum(e) - sum(f)"),
        ];

        var (markdown, html, json) = (MarkdownReport.Render(record), HtmlReport.Render(record), SummaryJson.Of(record));

        Assert.All([markdown, html], text => Assert.Contains("Not confirmed within 1 %: failedRequests, acknowledgedWrites.", text, StringComparison.Ordinal));
        Assert.Contains("```promql\n# requests\nsum(a) - sum(b)\n", markdown, StringComparison.Ordinal);
        Assert.Equal([true, false, null], json["figures"]!.AsArray().Select(f => f!["agrees"]?.GetValue<bool>()));
        Assert.False(json["figuresAgree"]!.GetValue<bool>());
    }

    [Fact]
    public void What_to_learn_what_prevents_it_and_the_runbook_are_told_and_linked()
    {
        var record = Record();
        record = new DrillRecord { Drill = record.Drill with { Learn = "A & B.", Prevent = "Replicas.", Runbook = "alerts.md#redisunavailable" }, StartedAt = Noon, EndedAt = Noon, Evidence = new DrillEvidence { DocsPath = "../../docs" } };

        var (markdown, html) = (MarkdownReport.Render(record), HtmlReport.Render(record));

        Assert.Contains("## What there is to learn\n\nA & B.\n\n## What prevents it\n\nReplicas.\n\nRunbook: [docs/runbooks/alerts.md#redisunavailable](../../docs/runbooks/alerts.md#redisunavailable)", markdown, StringComparison.Ordinal);
        Assert.Contains("<p>A &amp; B.</p>", html, StringComparison.Ordinal);
        Assert.Contains("<a href=\"../../docs/runbooks/alerts.md#redisunavailable\">", html, StringComparison.Ordinal);
    }

    [Fact]
    public void The_timeline_is_in_order()
    {
        var entries = TimelineEntry.Of(Record());

        Assert.Equal(entries.OrderBy(e => e.At).Select(e => e.At), entries.Select(e => e.At));
        Assert.Contains(entries, e => e.Text == "first failed request");
    }

    [Fact]
    public void The_human_decision_is_asked_for_and_not_invented()
    {
        var (question, evidence) = Narrative.HumanDecision(Record());

        Assert.Contains('?', question);
        Assert.Contains(evidence, line => line.Contains("no human action", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0.3, 1)]
    [InlineData(1.1, 2)]
    [InlineData(30, 50)]
    [InlineData(100, 100)]
    public void Axis_steps_are_round(double atLeast, double step) => Assert.Equal(step, TimeChart.NiceStep(atLeast));

    [Fact]
    public void A_chart_without_any_value_is_still_a_chart()
    {
        var svg = new TimeChart { Id = "x", Title = "Title of it", Description = "Nothing to see", FirstSecond = -3, Logarithmic = true, Series = [new ChartSeries("a", "p50", [null, null])] }.Render();

        Assert.Equal("svg", XElement.Parse(svg).Name.LocalName);
        Assert.DoesNotContain("NaN", svg, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_folder_holds_all_files()
    {
        var folder = Directory.CreateTempSubdirectory("report-").FullName;
        try
        {
            await ReportFolder.Create(Path.Combine(folder, "deep", "er"), "unused", "test", Noon).WriteAsync(Record(), TestContext.Current.CancellationToken);

            Assert.Equal(["drill.json", "evidence.json", "journal.json", "manifest.json", "report.html", "report.md", "summary.json", "traffic.jsonl"], Directory.EnumerateFiles(Path.Combine(folder, "deep", "er")).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    internal static DrillRecord Record(bool usersNotice = true, string title = "PostgreSQL crashes")
    {
        var source = (MappingNode)YamlDocument.Parse("title: t\ndescription: d\nmethod: []\n");
        var experiment = new Experiment { Title = title, Description = "It is killed.", Source = source };
        var drill = new Drill
        {
            Name = "postgres-crash",
            File = "x",
            Experiment = experiment,
            Traffic = new DrillTraffic(120, TimeSpan.FromSeconds(8), 2, null),
            Faults = [new DrillFault("process.kill", "postgres", new Dictionary<string, string>(), null)],
            ExpectedAlert = "FastBurn",
            UsersNotice = usersNotice,
            Objectives = new DrillObjectives { Mttd = TimeSpan.FromSeconds(5), Mttr = TimeSpan.FromSeconds(15) },
        };
        var injected = Noon.AddSeconds(10);
        var record = new DrillRecord
        {
            Drill = drill,
            StartedAt = Noon,
            EndedAt = Noon.AddSeconds(40),
            InjectedAt = injected,
            DetectedAt = injected.AddSeconds(2.3),
            FaultEndedAt = injected.AddSeconds(6),
            RecoveredAt = injected.AddSeconds(7),
            SteadyAt = injected.AddSeconds(8),
            Seconds = [.. Enumerable.Range(0, 30).Select(i => new TrafficSecond
            {
                At = Noon.AddSeconds(i), Phase = "measure", Sent = 120, Ok = i is >= 10 and < 17 ? 100 : 120, Failed = i is >= 10 and < 17 ? 20 : 0,
                InFlight = 0, BehindMs = 0, Behind = false, P50Ms = i == 5 ? null : 3, P95Ms = 20, P99Ms = 1800, Statuses = new Dictionary<string, int>(),
            })],
            Traffic = new TrafficSummary
            {
                RunId = "r", StartedAt = Noon, EndedAt = Noon.AddSeconds(30), MeasuredFrom = Noon, Total = 3600, Failed = 140, FailedRatio = 140 / 3600.0,
                LatencyMs = new LatencyQuantiles(3, 20, 1800, 2000), ServiceMs = new LatencyQuantiles(3, 20, 1800, 2000),
                FirstFailureAt = injected, LastFailureAt = injected.AddSeconds(6.9), RecoveredAt = injected.AddSeconds(7),
                BehindMs = 1, BehindP99Ms = 1, SecondsBehind = 0, ShedByGenerator = 0, StaleReads = 0, UndeclaredStaleReads = 0,
                Statuses = new Dictionary<string, long> { ["200"] = 3460, ["503"] = 140 },
                ByJourney = new Dictionary<string, JourneySummary> { ["reads"] = new(2000, 0, new LatencyQuantiles(2, 4, 8, 9), null, null) },
                WarmUp = new WarmUpSummary(900, 0), GeneratorCpuPercent = 5,
            },
            Ledger = new LedgerVerdict { Acknowledged = 900, Verified = 900, Lost = 0, Duplicated = 0, Stale = 0, Unreadable = 0, LedgerComplete = true, Seconds = 2, Details = [] },
            Budget = ErrorBudget.Of(0.995m, 3600, 140, TimeSpan.FromSeconds(30)),
            Alerts =
            [
                new DrillAlert { Name = "FastBurn", Labels = new Dictionary<string, string> { ["severity"] = "critical", ["slo"] = "s" }, FiredAt = injected.AddSeconds(2), ReceivedAt = injected.AddSeconds(2.3), ResolvedAt = injected.AddSeconds(11) },
            ],
            Objectives = [new Objective("mttd", 5, 2.3, "s"), new Objective("lost", 0, 0, "count")],
            Journal = new ExperimentJournal(experiment, Noon),
        };
        record.Receipts.Add(new Receipt("f", "process.kill", "postgres", injected, injected.AddMilliseconds(3), ["pid 4711 | gone"], true));
        record.Undone.Add(new UndoReceipt("f", injected.AddSeconds(6), ["started again"]));
        record.Phases.Add(new PhaseRecord(DrillPhase.SteadyState, Noon, Noon.AddSeconds(9), "holds", true));
        return record;
    }
}
