using System.Text.Json;
using Back2Code.Lab.Drills;

namespace Back2Code.UnitTests.Drills;

public sealed class EvidenceTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(new double[] { 10, 12, 15 }, 5)]
    [InlineData(new double[] { 10, 12, 0, 3 }, 5)]
    [InlineData(new double[] { 10 }, 0)]
    [InlineData(new double[0], 0)]
    public void A_counter_that_starts_again_goes_on_counting(double[] values, double increase) =>
        Assert.Equal(increase, PrometheusReader.Increase([.. values.Select((v, i) => (Noon.AddSeconds(i), v))]));

    [Fact]
    public void A_gap_in_the_samples_parts_two_firings()
    {
        var series = new PrometheusSeries(
            new Dictionary<string, string> { ["alertname"] = "A", ["alertstate"] = "firing", ["instance"] = "notes-1" },
            [.. new[] { 0, 1, 2, 10, 11 }.Select(s => (Noon.AddSeconds(s), 1.0))]);

        var intervals = PrometheusReader.Intervals(series, Noon.AddSeconds(11.5)).ToList();

        Assert.Equal([(0, 2, false), (10, 11, true)], intervals.Select(i => ((int)(i.From - Noon).TotalSeconds, (int)(i.To - Noon).TotalSeconds, i.StillFiring)));
        Assert.Equal(["instance"], intervals[0].Labels.Keys);
    }

    [Fact]
    public void An_alert_in_both_records_is_counted_once_and_one_that_nobody_was_told_of_is_added()
    {
        var received = new DrillAlert { Name = "A", Labels = Label("notes-1"), FiredAt = Noon, ResolvedAt = Noon.AddSeconds(5), ReceivedAt = Noon.AddSeconds(0.3) };

        var alerts = AlertMerge.Merge([received], [new("A", Label("notes-1"), Noon.AddSeconds(1), Noon.AddSeconds(4), false), new("B", Label("notes-2"), Noon.AddSeconds(2), Noon.AddSeconds(3), false)]);

        Assert.Equal([("A", true), ("B", false)], alerts.Select(a => (a.Name, a.ReceivedAt is not null)));
        Assert.Equal(Noon.AddSeconds(3), alerts[1].ResolvedAt);
    }

    [Fact]
    public void The_same_alert_on_another_instance_or_much_later_is_another_one()
    {
        var received = new DrillAlert { Name = "A", Labels = Label("notes-1"), FiredAt = Noon, ResolvedAt = Noon.AddSeconds(5) };

        var alerts = AlertMerge.Merge([received], [new("A", Label("notes-2"), Noon, Noon.AddSeconds(4), false), new("A", Label("notes-1"), Noon.AddSeconds(30), Noon.AddSeconds(31), true)]);

        Assert.Equal(3, alerts.Count);
    }

    [Fact]
    public void Incidents_give_their_alerts_and_the_year_1_means_still_firing()
    {
        var page = JsonSerializer.Deserialize<IncidentReader.Page>(
            """
            {"items": [{"id": "1", "title": "Notes fail", "severity": "critical", "state": "open", "alerts": [
              {"name": "A", "startsAt": "2026-11-20T12:00:00Z", "endsAt": "0001-01-01T00:00:00Z", "receivedAt": "2026-11-20T12:00:00.4Z", "labels": {"slo": "s"}},
              {"name": "Old", "startsAt": "2026-11-20T11:00:00Z", "endsAt": "2026-11-20T11:01:00Z"}]}], "next": null}
            """,
            JsonSerializerOptions.Web);

        var alert = Assert.Single(IncidentReader.Flatten(page, since: Noon));

        Assert.Equal(("A", "Notes fail", true), (alert.Name, alert.Incident, alert.ConcernsUsers));
        Assert.Null(alert.ResolvedAt);
    }

    [Theory]
    [InlineData(1000, 100, 40, 0.000308642)]
    [InlineData(1000, 0, 40, 0)]
    [InlineData(0, 0, 40, 0)]
    public void The_budget_burnt_is_the_failed_ratio_over_the_allowed_one_for_the_share_of_the_month(double total, double failed, int seconds, double burnt) =>
        Assert.Equal(burnt, ErrorBudget.Of(0.995m, total, failed, TimeSpan.FromSeconds(seconds)).BurntRatio, precision: 9);

    [Fact]
    public void A_whole_month_of_exactly_the_allowed_failures_burns_the_whole_budget() =>
        Assert.Equal(1, ErrorBudget.Of(0.999m, 1_000_000, 1_000, TimeSpan.FromDays(30)).BurntRatio, precision: 9);

    [Theory]
    [InlineData("""{"event":"ready","at":"2026-11-20T12:00:00Z","runId":"r","users":1,"notes":2}""", "TrafficReady")]
    [InlineData("""{"event":"progress","confirmed":3,"acknowledged":9,"seconds":1.5}""", "VerificationProgress")]
    [InlineData("""{"event":"other"}""", null)]
    [InlineData("""[1]""", null)]
    [InlineData("""{"event":"second"}""", null)]
    [InlineData("warn: something", null)]
    [InlineData("", null)]
    public void Lines_of_the_generator_that_are_not_events_are_passed_over(string line, string? kind) =>
        Assert.Equal(kind, TrafficLines.Parse(line)?.GetType().Name);

    [Fact]
    public void The_verdict_is_found_behind_whatever_was_printed_before()
    {
        var verdict = TrafficLines.ParseVerdict("""
            warn: slow
            {"acknowledged":3,"verified":2,"lost":1,"duplicated":0,"stale":0,"unreadable":0,"ledgerComplete":true,"seconds":1.5,"details":[]}
            """);

        Assert.Equal((3, 2, 1), (verdict!.Acknowledged, verdict.Verified, verdict.Lost));
        Assert.Null(TrafficLines.ParseVerdict("error: no ledger"));
    }

    private static Dictionary<string, string> Label(string instance) => new() { ["instance"] = instance };
}
