using Back2Code.Lab.Campaigns;
using Back2Code.Lab.Comparisons;
using Back2Code.Lab.Reports.Proof;

namespace Back2Code.UnitTests.Reports;

/// <summary>Campaigns, comparisons and sweeps against the reports of their runs.</summary>
public sealed class SeriesVerificationTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_a_campaign_says_follows_from_its_runs()
    {
        using var report = await ReportOnDisk.WriteAsync();
        var folder = await WriteCampaignAsync(report);

        var verdict = await SeriesVerification.VerifyAsync(folder, Cancellation);

        Assert.Empty(Differing(verdict));
        Assert.True(SeriesVerification.IsSeries(folder) && !SeriesVerification.IsSeries(report.Folder));
        Assert.All(["file campaign.json", "run report", "runs", "mttd", "alerts", "drills", "exitCode"], name => Assert.Equal(CheckOutcome.Agrees, Assert.Single(verdict.Checks, c => c.Name == name).Outcome));
    }

    [Theory]
    [InlineData("\"mttdSeconds\": 2.2", "\"mttdSeconds\": 1.2", "runs[0].mttdSeconds")]
    [InlineData("\"exitCode\": 0\n}", "\"exitCode\": 1\n}", "exitCode")]
    [InlineData("\"median\": 2.2", "\"median\": 1.2", "drills[0].mttd.median")]
    public async Task A_figure_that_does_not_follow_from_the_runs_is_named(string before, string after, string name)
    {
        using var report = await ReportOnDisk.WriteAsync();
        var folder = await WriteCampaignAsync(report);
        var file = Path.Combine(folder, Campaign.FileName);
        var text = await File.ReadAllTextAsync(file, Cancellation);
        var place = text.IndexOf(before, StringComparison.Ordinal);
        Assert.True(place >= 0, text);

        await File.WriteAllTextAsync(file, text[..place] + after + text[(place + before.Length)..], Cancellation);
        var differing = Differing(await SeriesVerification.VerifyAsync(folder, Cancellation)).ToList();

        Assert.Contains(name, differing);
        Assert.Contains("file campaign.json", differing);
    }

    [Fact]
    public async Task A_run_whose_report_was_touched_is_named_and_one_without_report_is_only_mentioned()
    {
        using var report = await ReportOnDisk.WriteAsync();
        var folder = await WriteCampaignAsync(report);

        await File.AppendAllTextAsync(report.In("traffic.jsonl"), " ", Cancellation);
        var touched = await SeriesVerification.VerifyAsync(folder, Cancellation);
        Directory.Delete(report.Folder, recursive: true);
        var removed = await SeriesVerification.VerifyAsync(folder, Cancellation);

        Assert.Contains("run report", Differing(touched));
        Assert.Empty(Differing(removed));
        Assert.Contains(removed.Checks, c => c is { Name: "run report", Outcome: CheckOutcome.NotChecked });
    }

    [Fact]
    public async Task Effects_and_points_are_computed_from_the_runs_too()
    {
        using var report = await ReportOnDisk.WriteAsync();
        var folder = Path.GetDirectoryName(report.Folder)!;
        var run = RunResult.Of(report.Record, "report", 1);
        var comparison = new Comparison { Product = "test", Drill = "drill", Settings = ["a=b"], StartedAt = Noon, EndedAt = Noon, Pairs = [.. Enumerable.Range(0, 5).Select(i => new RunPair(i, true, run, run))] };
        var sweep = new Sweep { Product = "test", Drill = "drill", Axes = [new SweepAxis("traffic.rate", ["60", "120"])], StartedAt = Noon, EndedAt = Noon, Points = [new SweepPoint(["traffic.rate=60"], 60, [run])] };

        foreach (var (name, json, before, after, differs) in new[]
        {
            ("comparison", comparison.ToJson(), "\"failed\": 140", "\"failed\": 14", "pairs[0].without.failed"),
            ("sweep", sweep.ToJson(), "\"p99Ms\": ", "\"p99Ms\": 1", "points[0].runs[0].p99Ms"),
        })
        {
            var file = Path.Combine(folder, name + ".json");
            await File.WriteAllTextAsync(file, json, Cancellation);
            Assert.Empty(Differing(await SeriesVerification.VerifyAsync(folder, Cancellation)));

            var place = json.IndexOf(before, StringComparison.Ordinal);
            await File.WriteAllTextAsync(file, json[..place] + after + json[(place + before.Length)..], Cancellation);
            Assert.Contains(differs, Differing(await SeriesVerification.VerifyAsync(folder, Cancellation)));
            File.Delete(file);
        }
    }

    [Fact]
    public async Task A_game_days_plan_must_be_the_one_whose_hash_was_told()
    {
        var folder = Directory.CreateTempSubdirectory("gameday-").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "sealed.json"), "{}\n", Cancellation);
        await File.WriteAllTextAsync(Path.Combine(folder, "gameday.json"), """{"commitment": "ca3d163bab055381827226140568f3bef7eaac187cebd76878e0b63e9e442356"}""", Cancellation);

        var kept = await SeriesVerification.VerifyAsync(folder, Cancellation);
        await File.AppendAllTextAsync(Path.Combine(folder, "sealed.json"), " ", Cancellation);
        var changed = await SeriesVerification.VerifyAsync(folder, Cancellation);
        Directory.Delete(folder, recursive: true);

        Assert.Empty(Differing(kept));
        Assert.Equal(["commitment"], Differing(changed));
    }

    [Theory]
    [InlineData("nothing")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"version\": 1, \"product\": \"x\", \"startedAt\": \"2026-11-20T12:00:00Z\", \"endedAt\": \"2026-11-20T12:00:00Z\", \"runs\": null}")]
    public async Task What_is_no_campaign_is_said(string text)
    {
        var folder = Directory.CreateTempSubdirectory("campaign-").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, Campaign.FileName), text, Cancellation);

        var error = await Assert.ThrowsAsync<NotAReportException>(() => SeriesVerification.VerifyAsync(folder, Cancellation));
        Directory.Delete(folder, recursive: true);

        Assert.Contains("campaign.json cannot be read", error.Message, StringComparison.Ordinal);
    }

    private static async Task<string> WriteCampaignAsync(ReportOnDisk report)
    {
        var folder = Path.GetDirectoryName(report.Folder)!;
        var campaign = new Campaign { Product = "test", StartedAt = Noon, EndedAt = Noon.AddMinutes(1), Runs = [RunResult.Of(report.Record, "report", 1)], AlertRules = ["FastBurn", "Down", "Silent"] };
        await CampaignFiles.WriteAsync(new CampaignOutcome(campaign, folder), null, null, Cancellation);
        return folder;
    }

    private static IEnumerable<string> Differing(ReportVerdict verdict) => verdict.Checks.Where(c => c.Outcome == CheckOutcome.Differs).Select(c => c.Name);
}
