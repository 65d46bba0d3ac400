using System.Net;
using Back2Code.Lab.Drills;
using Back2Code.Lab.Reports.Proof;

namespace Back2Code.UnitTests.Reports;

public sealed class ReportVerificationTests
{
    [Fact]
    public async Task Every_figure_of_a_report_follows_from_its_evidence()
    {
        using var report = await ReportOnDisk.WriteAsync();

        var verdict = await VerifyAsync(report);

        Assert.Empty(Differing(verdict));
        Assert.Equal("drill", verdict.Drill);
        Assert.Equal((2.3, DrillStatus.Completed), (Math.Round(report.Record.Mttd!.Value.TotalSeconds, 6), report.Record.Status));
        string[] figures = ["mttdSeconds", "mttrSeconds", "requests.failed", "requests.failedRatio", "latencyMs.p99", "errorBudget.burntRatio", "ledger.lost", "objectives", "alerts", "figures", "status", "statuses.503", "byJourney.creates.latencyMs", "byJourney.creates.recoveredAt", "samples of failedRequests", "text of report.html", "text of report.md", "injections"];
        Assert.All(figures, figure => Assert.Equal(CheckOutcome.Agrees, Assert.Single(verdict.Checks, c => c.Name == figure).Outcome));
        Assert.Equal(CheckOutcome.NotChecked, Assert.Single(verdict.Checks, c => c.Name == "steadyAt").Outcome);
    }

    [Theory]
    [InlineData("summary.json")]
    [InlineData("journal.json")]
    [InlineData("report.md")]
    [InlineData("report.html")]
    [InlineData("evidence.json")]
    [InlineData("traffic.jsonl")]
    [InlineData("alerts.json")]
    [InlineData("prometheus.json")]
    [InlineData("ledger.jsonl")]
    [InlineData("readback.jsonl")]
    [InlineData("drill.yaml")]
    public async Task A_file_that_was_touched_or_removed_is_named(string file)
    {
        using var report = await ReportOnDisk.WriteAsync();

        await File.AppendAllTextAsync(report.In(file), " ");
        var touched = await VerifyAsync(report);
        File.Delete(report.In(file));
        var removed = await VerifyAsync(report);

        Assert.Contains($"file {file}", Differing(touched));
        Assert.Contains($"file {file}", Differing(removed));
    }

    [Theory]
    [InlineData("summary.json", "\"mttdSeconds\": 2.3", "\"mttdSeconds\": 1.3", "mttdSeconds")]
    [InlineData("summary.json", "\"failed\": 140", "\"failed\": 40", "requests.failed")]
    [InlineData("summary.json", "\"lost\": 0", "\"lost\": 1", "ledger.lost")]
    [InlineData("summary.json", "\"status\": \"completed\"", "\"status\": \"deviated\"", "status")]
    [InlineData("summary.json", "\"query\": \"sum(", "\"query\": \"max(", "figures[0].query")]
    [InlineData("report.html", "<td class=\"num\">2.30 s</td>", "<td class=\"num\">1.30 s</td>", "text of report.html")]
    [InlineData("report.md", "140 of 2,640", "40 of 2,640", "text of report.md")]
    [InlineData("traffic.jsonl", "\"sent\":40,\"failed\":20", "\"sent\":40,\"failed\":10", "requests.failed")]
    [InlineData("traffic.jsonl", "\"firstSuccessAt\":\"2026-11-20T12:00:17.125Z\"", "\"firstSuccessAt\":\"2026-11-20T12:00:17.025Z\"", "mttrSeconds")]
    [InlineData("traffic.jsonl", "\"201\":740,\"503\":140}", "\"201\":780,\"503\":100}", "statuses.503")]
    [InlineData("traffic.jsonl", "{\"201\":20,\"503\":20}", "{\"201\":20,\"500\":20}", "statuses.500")]
    [InlineData("traffic.jsonl", "\"responseMaxNs\":84000000}},", "\"responseMaxNs\":94000000}},", "byJourney.creates.latencyMs")]
    [InlineData("alerts.json", "\"severity\": \"critical\"", "\"severity\": \"warning\"", "alerts[1].severity")]
    [InlineData("prometheus.json", "\"Down\"", "\"Up\"", "alerts[0].name")]
    [InlineData("prometheus.json", "\"4000\"", "\"4100\"", "errorBudget.gatewayTotal")]
    [InlineData("ledger.jsonl", "\"kind\":\"ack\",\"at\":\"2026-11-20T12:00:02Z\"", "\"kind\":\"rejected\",\"at\":\"2026-11-20T12:00:02Z\"", "ledger.acknowledged")]
    [InlineData("readback.jsonl", "\"content\":\"c2\"", "\"content\":\"c3\"", "ledger.stale")]
    [InlineData("evidence.json", "\"type\": \"link.latency\"", "\"type\": \"link.reset\"", "injections")]
    [InlineData("drill.yaml", "mttd: 8s", "mttd: 2s", "objectives[0].target")]
    [InlineData("journal.json", "\"injectedAt\": \"2026-11-20T12:00:10.1234567+00:00\"", "\"injectedAt\": \"2026-11-20T12:00:11.1234567+00:00\"", "injections")]
    public async Task A_figure_that_does_not_follow_is_found_although_the_hashes_were_made_anew(string file, string before, string after, string name)
    {
        using var report = await ReportOnDisk.WriteAsync();
        var text = await File.ReadAllTextAsync(report.In(file));
        Assert.Contains(before, text, StringComparison.Ordinal);
        var place = text.IndexOf(before, StringComparison.Ordinal);

        await File.WriteAllTextAsync(report.In(file), text[..place] + after + text[(place + before.Length)..]);
        await report.HashAgainAsync();
        var verdict = await VerifyAsync(report);

        Assert.Contains(name, Differing(verdict));
        Assert.DoesNotContain($"file {file}", Differing(verdict));
    }

    [Fact]
    public async Task A_raw_sample_that_was_changed_contradicts_prometheus_own_arithmetic()
    {
        using var report = await ReportOnDisk.WriteAsync();
        var text = await File.ReadAllTextAsync(report.In("prometheus.json"));

        await File.WriteAllTextAsync(report.In("prometheus.json"), text.Replace("\"140\"]]", "\"139\"]]", StringComparison.Ordinal));
        await report.HashAgainAsync();

        Assert.Contains("samples of failedRequests", Differing(await VerifyAsync(report)));
    }

    [Fact]
    public async Task Evidence_that_makes_no_sense_is_a_difference_and_no_crash()
    {
        using var report = await ReportOnDisk.WriteAsync();

        await File.WriteAllTextAsync(report.In("traffic.jsonl"), "nothing\n");

        Assert.Contains("evidence", Differing(await VerifyAsync(report)));
    }

    [Fact]
    public async Task A_file_that_is_not_of_the_report_is_mentioned_only()
    {
        using var report = await ReportOnDisk.WriteAsync();

        await File.WriteAllTextAsync(report.In("my-notes.md"), "what I think");

        var verdict = await VerifyAsync(report);
        Assert.True(verdict.Agrees);
        Assert.Contains(verdict.Checks, c => c is { Name: "file my-notes.md", Outcome: CheckOutcome.NotChecked });
    }

    [Fact]
    public async Task A_folder_without_a_report_is_told_from_a_report_without_evidence()
    {
        using var report = await ReportOnDisk.WriteAsync();

        var nothing = await Assert.ThrowsAsync<NotAReportException>(() => ReportVerification.VerifyAsync(Path.Combine(report.Folder, "none"), TestContext.Current.CancellationToken));
        File.Delete(report.In("manifest.json"));
        var old = await Assert.ThrowsAsync<NotAReportException>(() => VerifyAsync(report));

        Assert.Contains("there is no summary.json", nothing.Message, StringComparison.Ordinal);
        Assert.Contains("without manifest.json", old.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Prometheus_can_be_asked_again_and_what_it_has_forgotten_is_no_contradiction()
    {
        using var report = await ReportOnDisk.WriteAsync();
        using var same = new HttpClient(new Replay(report.Record.Evidence.Prometheus, forget: false)) { BaseAddress = new Uri("http://prometheus") };
        using var forgotten = new HttpClient(new Replay(report.Record.Evidence.Prometheus, forget: true)) { BaseAddress = new Uri("http://prometheus") };

        var again = await PrometheusRecheck.AskAgainAsync(report.Folder, same, TestContext.Current.CancellationToken);
        var later = await PrometheusRecheck.AskAgainAsync(report.Folder, forgotten, TestContext.Current.CancellationToken);

        Assert.Equal(report.Record.Evidence.Prometheus.Count, again.Count);
        Assert.All(again, c => Assert.Equal(CheckOutcome.Agrees, c.Outcome));
        Assert.All(later, c => Assert.Equal(CheckOutcome.NotChecked, c.Outcome));
    }

    private static Task<ReportVerdict> VerifyAsync(ReportOnDisk report) => ReportVerification.VerifyAsync(report.Folder, TestContext.Current.CancellationToken);

    private static IEnumerable<string> Differing(ReportVerdict verdict) => verdict.Checks.Where(c => c.Outcome == CheckOutcome.Differs).Select(c => c.Name);

    /// <summary>Answers what it answered before, or nothing.</summary>
    private sealed class Replay(List<PrometheusAnswer> answers, bool forget) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var answer = answers.Find(a => new Uri(new Uri("http://prometheus"), a.Url) == request.RequestUri)!;
            var result = forget ? "[]" : answer.Result.GetRawText();
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent("{\"data\": {\"result\": " + result + "}}", System.Text.Encoding.UTF8, "application/json") });
        }
    }
}
