using System.Globalization;
using Back2Code.Slo;

namespace Back2Code.IntegrationTests.Slo;

/// <summary>
/// The rules of the lab (720 times as fast, scraped and evaluated every second) for an objective of 99.5 %, judged by promtool.
/// A load is written as stretches of seconds with so many good and bad requests each.
/// </summary>
public sealed class LabRuleTests
{
    private const int Second = 1;

    [Fact]
    public Task A_total_outage_of_writes_fires_two_evaluations_after_it_began() => ExpectAsync(
        [new(60, 120, 0), new(10, 84, 36)],
        [(60, false, false), (62, true, null), (65, true, null)]);

    [Fact]
    public Task It_resolves_four_seconds_after_recovery() => ExpectAsync(
        [new(60, 120, 0), new(8, 84, 36), new(60, 120, 0)],
        [(60, false, null), (67, true, null), (72, false, null), (100, false, null)]);

    [Fact]
    public Task Ten_minutes_of_healthy_traffic_raise_nothing() => ExpectAsync(
        [new(600, 120, 0)],
        [.. Enumerable.Range(1, 20).Select(i => (i * 30, (bool?)false, (bool?)false))]);

    [Fact]
    public Task Idle_time_raises_nothing() => ExpectAsync([new(120, 0, 0)], [(30, false, false), (120, false, false)]);

    [Fact]
    public Task A_handful_of_stray_failures_raises_nothing() => ExpectAsync(
        [new(60, 120, 0), new(1, 115, 5), new(30, 120, 0)],
        [(61, false, false), (62, false, false), (64, false, false), (90, false, false)]);

    [Fact]
    public Task A_handful_of_failures_right_after_idle_time_raises_nothing() => ExpectAsync(
        [new(60, 0, 0), new(1, 1, 5), new(60, 0, 0)],
        [(61, false, false), (62, false, false), (63, false, false), (64, false, false), (90, false, false)]);

    [Fact]
    public Task A_rough_start_after_idle_time_is_not_days_of_failures() => ExpectAsync(
        [new(600, 0, 0), new(2, 114, 6), new(60, 120, 0)],
        [(603, null, false), (605, false, false), (620, false, false), (660, false, false)]);

    [Fact]
    public Task Traffic_that_stops_during_an_outage_ends_the_alert() => ExpectAsync(
        [new(60, 120, 0), new(10, 0, 120), new(60, 0, 0)],
        [(65, true, null), (80, false, null)]);

    [Fact]
    public Task Six_per_cent_of_failures_fire_by_the_slower_pair_only() => ExpectAsync(
        [new(120, 120, 0), new(60, 113, 7)],
        [(120, false, null), (130, false, null), (140, true, null)]);

    [Fact]
    public Task One_per_cent_of_failures_is_a_ticket_and_no_page() => ExpectAsync(
        // Half of the six minutes (three days) at twice the budget is where the last pair begins.
        [new(360, 1_000, 0), new(240, 990, 10)],
        [(500, false, false), (590, false, true)]);

    [Fact]
    public Task A_burst_that_only_the_short_window_sees_is_silent() => ExpectAsync(
        // 20 % for one second: far above the short window's 7.2 %, below the long one's.
        [new(60, 120, 0), new(1, 96, 24), new(30, 120, 0)],
        [(61, false, null), (62, false, null), (63, false, null)]);

    [Fact]
    public Task An_outage_that_only_the_long_window_still_sees_is_silent() => ExpectAsync(
        // Ten seconds ago everything failed; the six-minute window remembers, the three-second one does not.
        [new(60, 120, 0), new(10, 0, 120), new(60, 120, 0)],
        [(68, true, null), (75, false, null), (80, false, null)]);

    [Fact]
    public Task A_counter_that_starts_again_is_no_failure() => Promtool.TestAsync(Rules(), $"""
        {Header()}
              - series: 'requests_total{"{code=\"2xx\"}"}'
                values: '0+120x60 0+120x60'
              - series: 'requests_total{"{code=\"5xx\"}"}'
                values: '5000+0x60 0+0x60'
        {AlertTests([(62, false, false), (64, false, false), (90, false, false)])}
        """);

    [Fact]
    public Task A_metric_that_vanishes_ends_what_it_raised_and_is_told_itself() => Promtool.TestAsync(Rules(), $"""
        {Header()}
              - series: 'requests_total{"{code=\"2xx\"}"}'
                values: '0+84x60 stale'
              - series: 'requests_total{"{code=\"5xx\"}"}'
                values: '0+36x60 stale'
        {AlertTests([(60, true, null), (80, false, null)])}
              - {Firing("ShopAbsent", "error", 66, false)}
              - {Firing("ShopAbsent", "error", 75, true)}
              - {Firing("ShopAbsent", "error", 500, true)}
        """);

    [Fact]
    public Task A_metric_that_is_not_there_yet_is_nothing_in_the_first_minute() => Promtool.TestAsync(Rules(), $"""
        {Header()}
              - series: 'requests_total{"{code=\"2xx\"}"}'
                values: '_x50 0+84x60'
            promql_expr_test:
              - {Firing("ShopAbsent", "error", 50, false)}
              - {Firing("ShopAbsent", "error", 70, false)}
        """);

    [Fact]
    public Task A_metric_that_never_comes_is_told_after_a_minute() => Promtool.TestAsync(Rules(), $"""
        {Header()}
              - series: 'something_else'
                values: '0+1x100'
            promql_expr_test:
              - {Firing("ShopAbsent", "error", 60, false)}
              - {Firing("ShopAbsent", "error", 70, true)}
        """);

    [Fact]
    public Task More_good_events_than_events_are_told() => Promtool.TestAsync(Rules().Replace("requests_total[", "all_total[", StringComparison.Ordinal), $"""
        {Header()}
              - series: 'requests_total{"{code=\"2xx\"}"}'
                values: '0+100x60'
              - series: 'all_total'
                values: '0+100x30 3090+90x30'
            promql_expr_test:
              - {Firing("ShopRatioAboveOne", "error", 30, false)}
              - {Firing("ShopRatioAboveOne", "error", 45, true)}
        """);

    [Fact]
    public Task Failures_count_also_when_no_request_was_ever_good() => Promtool.TestAsync(Rules(), $"""
        {Header()}
              - series: 'requests_total{"{code=\"5xx\"}"}'
                values: '0+120x30'
        {AlertTests([(20, true, null)])}
        """);

    // Short windows are increases, which Prometheus extrapolates; long ones are differences of the counters and exact.
    [Fact]
    public Task Recordings_are_what_was_counted_and_idle_time_is_zero_not_nothing() => Promtool.TestAsync(Rules(), $"""
        {Header()}
              - series: 'requests_total{"{code=\"2xx\"}"}'
                values: '0+90x120 10800+0x60'
              - series: 'requests_total{"{code=\"5xx\"}"}'
                values: '0+10x120 1200+0x60'
            promql_expr_test:
              - {Sample("slo:total:increase6h", 60, 3000)}
              - {Sample("slo:good:increase6h", 60, 2700)}
              - {Sample("slo:total:increase30d", 100, 10000)}
              - {Sample("slo:errors:ratio_rate6h", 60, 0.1)}
              - {Sample("slo:burn_rate:ratio5m", 60, 20)}
              - {Sample("slo:burn_rate:ratio6h", 60, 20)}
              - {Sample("slo:error_budget_remaining:ratio", 100, 0.4444)}
              - {Sample("slo:state:level", 100, 2)}
              - {Sample("slo:total:increase6h", 170, 0)}
              - {Sample("slo:errors:ratio_rate6h", 170, 0)}
              - {Sample("slo:burn_rate:ratio6h", 170, 0)}
        """);

    [Fact]
    public Task What_happened_while_nothing_was_scraped_is_counted_when_it_is_again() => Promtool.TestAsync(Rules(), $"""
        {Header()}
              - series: 'requests_total{"{code=\"2xx\"}"}'
                values: '0+90x120 _x8 11520+90x200'
              - series: 'requests_total{"{code=\"5xx\"}"}'
                values: '0+10x120 _x8 1280+10x200'
            promql_expr_test:
              - {Sample("slo:total:increase3d", 120, 12000)}
              - {Sample("slo:total:increase3d", 140, 13900)}
              - {Sample("slo:total:increase30d", 300, 29900)}
              - {Sample("slo:good:increase30d", 300, 26910)}
        """);

    [Fact]
    public Task A_replica_that_starts_again_or_comes_or_goes_is_no_surge_of_events() => Promtool.TestAsync(Rules(), $"""
        {Header()}
              - series: 'requests_total{"{code=\"2xx\",instance=\"a\"}"}'
                values: '1000000+50x100 0+50x200'
              - series: 'requests_total{"{code=\"2xx\",instance=\"b\"}"}'
                values: '5000000+50x200 stale'
              - series: 'requests_total{"{code=\"2xx\",instance=\"c\"}"}'
                values: '_x150 9000000+50x150'
            promql_expr_test:
              - {Sample("slo:total:increase30d", 90, 9000)}
              - {Sample("slo:total:increase30d", 290, 31000, to: 1000)}
        """);

    private static string Rules()
    {
        const string slo = """
            apiVersion: openslo/v1
            kind: Service
            metadata: {name: shop}
            spec: {}
            ---
            apiVersion: openslo/v1
            kind: SLO
            metadata: {name: shop}
            spec:
              service: shop
              indicator:
                metadata: {name: answered}
                spec:
                  ratioMetric:
                    counter: true
                    good: {metricSource: {type: prometheus, spec: {query: 'requests_total{code!="5xx"}'}}}
                    total: {metricSource: {type: prometheus, spec: {query: requests_total}}}
              timeWindow: [{duration: 30d, isRolling: true}]
              budgetingMethod: Occurrences
              objectives: [{target: 0.995}]
            """;
        return PrometheusRules.Render(SloFiles.Parse(slo), new RuleOptions { TimeScale = 720, ScrapeInterval = TimeSpan.FromSeconds(Second) });
    }

    /// <param name="load">Stretches of seconds with so many good and bad requests each.</param>
    /// <param name="expected">At second: does FastBurn fire, does SlowBurn? Null: not asked.</param>
    private static Task ExpectAsync(Stretch[] load, (int At, bool? Fast, bool? Slow)[] expected) => Promtool.TestAsync(Rules(), $"""
        {Header()}
              - series: 'requests_total{"{code=\"2xx\"}"}'
                values: '{Stretch.Series(load, s => s.Good)}'
              - series: 'requests_total{"{code=\"5xx\"}"}'
                values: '{Stretch.Series(load, s => s.Bad)}'
        {AlertTests(expected)}
        """);

    private static string Header() => """
        rule_files: [rules.yaml]
        evaluation_interval: 1s
        tests:
          - interval: 1s
            input_series:
        """;

    /// <summary>Asks for the series that Prometheus itself keeps of alerts: promtool's own alert test would compare the annotations' text as well.</summary>
    private static string AlertTests((int At, bool? Fast, bool? Slow)[] expected)
    {
        var lines = new List<string> { "    promql_expr_test:" };
        foreach ((int at, bool? fast, bool? slow) in expected)
        {
            Add(at, "ShopFastBurn", "critical", fast);
            Add(at, "ShopSlowBurn", "warning", slow);
        }

        return string.Join('\n', lines);

        void Add(int at, string alert, string severity, bool? fires)
        {
            if (fires is { } yes)
            {
                lines.Add("      - " + Firing(alert, severity, at, yes));
            }
        }
    }

    private static string Firing(string alert, string severity, int at, bool fires)
    {
        string labels = $"alertname=\"{alert}\",alertstate=\"firing\",severity=\"{severity}\",slo=\"shop\",service=\"shop\"";
        return $"{{expr: 'count(ALERTS{{{labels}}}) or vector(0)', eval_time: {at}s, exp_samples: [{{labels: '{{}}', value: {(fires ? 1 : 0)}}}]}}";
    }

    private static string Sample(string metric, int at, double value, double to = 0.0001) => string.Create(
        CultureInfo.InvariantCulture,
        $"{{expr: 'round({metric}, {to})', eval_time: {at}s, exp_samples: [{{labels: '{"{service=\"shop\",slo=\"shop\"}"}', value: {value}}}]}}");
}
