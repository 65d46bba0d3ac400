using System.Xml.Linq;
using Back2Code.Lab.Campaigns;

namespace Back2Code.UnitTests.Campaigns;

public sealed class CampaignTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_rule_is_right_wrong_missed_or_false_once_a_run()
    {
        var runs = new[]
        {
            Run("crash", expected: "FastBurn", alerts: [("FastBurn", true), ("FastBurn", true), ("Down", true)], allowed: ["Do*"]),
            Run("late", expected: "FastBurn", alerts: [("FastBurn", false), ("Other", true)]),
            Run("no-fault", breaks: false, alerts: [("Down", true)]),
            Run("strict", expected: "Slow", alerts: [("Slow", true), ("Down", true)], allowed: ["*"], forbidden: ["Down"]),
        };

        var scores = AlertScore.Of(runs, ["Silent"]).ToDictionary(s => s.Rule);

        Assert.Equal(new AlertScore("FastBurn", Expected: 1, Allowed: 0, Wrong: 0, Missed: 1, False: 0), scores["FastBurn"]);
        Assert.Equal(new AlertScore("Down", 0, Allowed: 1, 0, 0, False: 2), scores["Down"]);
        Assert.Equal(new AlertScore("Other", 0, 0, Wrong: 1, 0, 0), scores["Other"]);
        Assert.Equal(new AlertScore("Silent", 0, 0, 0, 0, 0), scores["Silent"]);
        Assert.Equal((1.0, 0.5), (scores["FastBurn"].Precision, scores["FastBurn"].Recall));
        Assert.Equal((1 / 3.0, null), (scores["Down"].Precision, scores["Down"].Recall));
        Assert.Null(scores["Silent"].Precision);
    }

    [Fact]
    public void An_alert_about_users_is_false_where_users_were_to_notice_nothing_even_if_it_is_allowed()
    {
        var run = Run("quiet", expected: "Redis", usersNotice: false, alerts: [("Redis", true)], allowed: ["*"]) with { Alerts = [new("Redis", "warning", false, true), new("FastBurn", "critical", ConcernsUsers: true, true)] };

        Assert.Equal(1, AlertScore.Of([run], []).Single(s => s.Rule == "FastBurn").False);
    }

    [Fact]
    public void Runs_that_prove_nothing_count_for_no_rule() =>
        Assert.Equal(0, AlertScore.Of([Run("x", exit: 4, expected: "A")], ["A"]).Single().Missed);

    [Theory]
    [InlineData(new[] { 0, 0 }, 0)]
    [InlineData(new[] { 0, 1, 0 }, 1)]
    [InlineData(new[] { 1, 3 }, 3)]
    [InlineData(new[] { 4, 5, 1 }, 5)]
    [InlineData(new[] { 5, 130 }, 130)]
    public void The_worst_run_gives_the_exit_code(int[] exits, int expected) => Assert.Equal(expected, Of([.. exits.Select(e => Run("x", exit: e))]).ExitCode);

    [Fact]
    public void A_campaign_that_was_cut_short_is_not_a_success() =>
        Assert.Equal(Campaign.Incomplete, (Of(Run("x")) with { Skipped = [new SkippedRun("y", 1, "no time")] }).ExitCode);

    [Fact]
    public void A_campaign_comes_back_from_its_file_with_the_same_score()
    {
        var folder = Directory.CreateTempSubdirectory("campaign-").FullName;
        try
        {
            var campaign = Of(Run("a", mttd: 2, expected: "A", alerts: [("A", true)]), Run("a", mttd: 4), Run("b", exit: 1));
            File.WriteAllText(Path.Combine(folder, Campaign.FileName), campaign.ToJson());

            var again = Campaign.Read(folder);

            Assert.Equal(campaign.ToJson(), again.ToJson());
            Assert.Equal(3, again.Mttd!.Median);
            Assert.Throws<CampaignException>(() => Campaign.Read(Path.Combine(folder, "elsewhere.json")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void What_lies_within_the_tolerance_is_no_regression()
    {
        // A quarter of 4 s, and three times a spread of 0.44 s (1.4826 × 0.3), whichever is more.
        var before = Of(Run("a", mttd: 3.7), Run("a", mttd: 4), Run("a", mttd: 4.3));

        Assert.Empty(Baseline.Compare("b", before, Of(Run("a", mttd: 5.2))).Regressions);
        Assert.Equal("mttd", Assert.Single(Baseline.Compare("b", before, Of(Run("a", mttd: 5.5))).Regressions).What);
    }

    [Fact]
    public void One_fast_run_does_not_make_a_quick_lab_fail_for_milliseconds() =>
        Assert.Empty(Baseline.Compare("b", Of(Run("a", mttd: 0.5)), Of(Run("a", mttd: 1.4))).Regressions);

    [Fact]
    public void An_objective_that_was_always_met_and_a_rule_that_was_never_wrong_are_regressions_at_once()
    {
        var before = Of(Run("a", expected: "A", alerts: [("A", true)], objectives: [("mttr", true)]));
        var now = Of(Run("a", exit: 1, expected: "A", alerts: [("B", true)], objectives: [("mttr", false)]));

        var comparison = Baseline.Compare("b", before, now);

        Assert.Equal(["mttr", "A", "B"], comparison.Regressions.Select(r => r.What));
    }

    [Fact]
    public void Drills_on_one_side_only_are_named_and_not_judged()
    {
        var comparison = Baseline.Compare("b", Of(Run("old")), Of(Run("new", exit: 1)));

        Assert.Empty(comparison.Regressions);
        Assert.Equal(["new is not in the baseline.", "old is in the baseline and was not run."], comparison.Notes);
    }

    [Fact]
    public void A_drill_that_proves_nothing_any_more_is_a_regression() =>
        Assert.Equal("status", Assert.Single(Baseline.Compare("b", Of(Run("a")), Of(Run("a", exit: 4))).Regressions).What);

    [Fact]
    public void The_build_server_gets_failures_errors_and_skips()
    {
        var campaign = Of(Run("good"), Run("bad", exit: 1, objectives: [("mttr", false)]), Run("broken\u0001", exit: 5)) with { Skipped = [new SkippedRun("later", 2, "no time")] };

        var xml = XDocument.Parse(JUnitXml.Of(campaign, Baseline.Compare("b", Of(Run("good", mttd: 1)), Of(Run("good", mttd: 9)))));

        var suite = xml.Root!.Elements("testsuite").First();
        Assert.Equal(("4", "1", "1", "1"), (suite.Attribute("tests")!.Value, suite.Attribute("failures")!.Value, suite.Attribute("errors")!.Value, suite.Attribute("skipped")!.Value));
        Assert.Equal("missed mttr", suite.Descendants("failure").Single().Attribute("message")!.Value);
        Assert.Equal("later (round 2)", suite.Elements("testcase").Last().Attribute("name")!.Value);
        Assert.Equal("1", xml.Root.Elements("testsuite").Last().Attribute("failures")!.Value);
    }

    [Fact]
    public void The_scorecard_is_well_formed_links_the_reports_and_encodes_what_it_is_told()
    {
        var campaign = Of(Run("a", mttd: 2, expected: "A", alerts: [("A", true)]), Run("b", exit: 1, objectives: [("mttr", false)])) with { Notes = ["<b>& so on"] };

        var html = ScorecardHtml.Render(campaign, Baseline.Compare("b", campaign, campaign));

        Assert.Equal("html", XElement.Parse(System.Text.RegularExpressions.Regex.Replace(html, "<meta[^>]*>|<!DOCTYPE html>", "")).Name.LocalName);
        Assert.Contains("href=\"01-a/report.html\"", html, StringComparison.Ordinal);
        Assert.Contains("&lt;b&gt;&amp; so on", html, StringComparison.Ordinal);
        Assert.Contains("Nothing is worse.", html, StringComparison.Ordinal);
    }

    internal static RunResult Run(
        string drill, int exit = 0, double? mttd = null, string? expected = null, bool breaks = true, bool usersNotice = true, (string Name, bool Received)[]? alerts = null,
        string[]? allowed = null, string[]? forbidden = null, (string Name, bool Met)[]? objectives = null) => new()
    {
        Drill = drill,
        Status = exit switch { 0 => "completed", 1 => "deviated", 4 => "invalid", _ => "failed" },
        ExitCode = exit,
        Reason = exit == 0 ? null : "because\u0002",
        Report = $"01-{drill}",
        StartedAt = Noon,
        Seconds = 40,
        Breaks = breaks,
        UsersNotice = usersNotice,
        ExpectedAlert = expected,
        AlertsAllowed = allowed ?? [],
        AlertsForbidden = forbidden ?? [],
        MttdSeconds = mttd,
        Requests = 1000,
        Failed = 10,
        FailedRatio = 0.01,
        P99Ms = 50,
        BudgetRatio = 0.0001,
        Alerts = [.. (alerts ?? []).Select(a => new RunAlert(a.Name, "warning", false, a.Received))],
        Objectives = [.. (objectives ?? []).Select(o => new RunObjective(o.Name, 1, 2, o.Met, "s", null))],
    };

    private static Campaign Of(params RunResult[] runs) => new() { Product = "test", StartedAt = Noon, EndedAt = Noon.AddMinutes(10), Runs = runs };
}
