using System.Globalization;
using System.Text.RegularExpressions;
using Back2Code.Slo;

namespace Back2Code.IntegrationTests.Slo;

/// <summary>What else OpenSLO can say than "good requests of all": slices, thresholds, stored ratios, gauges, composites, calendars. Judged by promtool.</summary>
public sealed partial class BudgetingRuleTests
{
    private const string Counters = """
        indicator:
            metadata: {name: i}
            spec:
              ratioMetric:
                counter: true
                good: {metricSource: {type: prometheus, spec: {query: good}}}
                total: {metricSource: {type: prometheus, spec: {query: all}}}
        """;

    [Fact]
    public Task Timeslices_count_slices_and_leave_idle_ones_out() => ExpectAsync(
        Slo(Counters, "budgetingMethod: Timeslices", "[{target: 0.9, timeSliceTarget: 0.9, timeSliceWindow: 5m}]"),
        [("all", "0+100x59 5900x30"), ("good", "0+100x40 4050+100x18 5850x30")],
        // Thirty seconds hold ten slices of three; the one second at 50 % spoils the three judgements that see it, which is one slice.
        [("slo:total:increase6h", 59, 10), ("slo:good:increase6h", 59, 9), ("slo:errors:ratio_rate6h", 59, 0.1), ("slo:burn_rate:ratio6h", 59, 1), ("slo:total:increase6h", 89, 0.6667)]);

    [Fact]
    public Task RatioTimeslices_average_the_slices_whatever_their_volume() => ExpectAsync(
        // Ten seconds of little traffic, all bad; twenty of much, all good.
        Slo(Counters, "budgetingMethod: RatioTimeslices", "[{target: 0.9, timeSliceWindow: 5m}]"),
        [("all", "0+1x10 1010+1000x20"), ("good", "0+0x10 1000+1000x20")],
        [("slo:total:increase6h", 30, 10), ("slo:errors:ratio_rate6h", 30, 0.3334)]);

    [Fact]
    public Task A_threshold_judges_every_evaluation_and_not_a_number_is_no_evidence() => ExpectAsync(
        Slo(
            """
            indicator:
                metadata: {name: i}
                spec: {thresholdMetric: {metricSource: {type: prometheus, spec: {query: 'max(age) / max(unit)'}}}}
            """,
            "budgetingMethod: Occurrences",
            "[{target: 0.9, op: lte, value: 60}]"),
        [("age", "60x20 61x5 0x15"), ("unit", "1x30 0x10")],
        // 0 / 0 in the last ten seconds.
        [("slo:total:increase6h", 30, 30), ("slo:good:increase6h", 30, 24), ("slo:total:increase6h", 40, 20), ("slo:good:increase6h", 40, 14)]);

    [Fact]
    public Task A_threshold_counts_each_series() => ExpectAsync(
        Slo(
            """
            indicator:
                metadata: {name: i}
                spec: {thresholdMetric: {metricSource: {type: prometheus, spec: {query: age}}}}
            """,
            "budgetingMethod: Occurrences",
            "[{target: 0.9, op: gt, value: 1}]"),
        [("age{instance=\"a\"}", "1x60"), ("age{instance=\"b\"}", "2x60")],
        [("slo:total:increase6h", 60, 60), ("slo:good:increase6h", 60, 30)]);

    [Fact]
    public Task A_stored_failure_ratio_is_averaged() => ExpectAsync(
        Slo(
            """
            indicator:
                metadata: {name: i}
                spec: {ratioMetric: {rawType: failure, raw: {metricSource: {type: prometheus, spec: {query: error_ratio}}}}}
            """,
            "budgetingMethod: Occurrences",
            "[{target: 0.9}]"),
        [("error_ratio", "0.25x60")],
        [("slo:total:increase6h", 60, 30), ("slo:good:increase6h", 60, 22.5), ("slo:burn_rate:ratio5m", 60, 2.5)]);

    [Fact]
    public Task Gauges_are_summed_over_the_evaluations() => ExpectAsync(
        Slo(
            """
            indicator:
                metadata: {name: i}
                spec:
                  ratioMetric:
                    counter: false
                    bad: {metricSource: {type: prometheus, spec: {query: up == 0}}}
                    total: {metricSource: {type: prometheus, spec: {query: vector(4)}}}
            """.Replace("up == 0", "count(up == 0)", StringComparison.Ordinal),
            "budgetingMethod: Occurrences",
            "[{target: 0.9}]"),
        [("up{instance=\"a\"}", "1x30 0x30"), ("up{instance=\"b\"}", "1x60")],
        [("slo:total:increase6h", 60, 120), ("slo:good:increase6h", 60, 90), ("slo:good:increase6h", 30, 120)]);

    [Fact]
    public Task Slices_of_a_threshold_are_judged_by_its_share() => ExpectAsync(
        Slo(
            """
            indicator:
                metadata: {name: i}
                spec: {thresholdMetric: {metricSource: {type: prometheus, spec: {query: age}}}}
            """,
            "budgetingMethod: Timeslices",
            "[{target: 0.9, op: lte, value: 60, timeSliceTarget: 0.5, timeSliceWindow: 5}]"),
        // One bad evaluation leaves two good ones in every slice of three; three bad ones spoil the slices in which they are two or more.
        [("age", "60x29 61 60x14 61x2 60x20")],
        [("slo:good:increase6h", 40, 10), ("slo:total:increase6h", 60, 10), ("slo:good:increase6h", 60, 9)]);

    [Fact]
    public Task A_composite_averages_burn_rates_by_weight_and_leaves_idle_parts_out() => ExpectAsync(
        Slo(
            "",
            "budgetingMethod: Occurrences",
            """

                - target: 0.99
                  compositeWeight: 3
                  indicator: {metadata: {name: a}, spec: {ratioMetric: {counter: true, good: {metricSource: {type: prometheus, spec: {query: good}}}, total: {metricSource: {type: prometheus, spec: {query: all}}}}}}
                - target: 0.9
                  indicator: {metadata: {name: b}, spec: {ratioMetric: {counter: true, bad: {metricSource: {type: prometheus, spec: {query: slow}}}, total: {metricSource: {type: prometheus, spec: {query: answered}}}}}}
            """),
        // a: 4 % of failures burn at 4; b: 20 % burn at 2; (3 * 4 + 1 * 2) / 4 = 3.5. Then b is idle and only a counts.
        [("all", "0+100x120"), ("good", "0+96x120"), ("answered", "0+10x60 600x60"), ("slow", "0+2x60 120x60")],
        [
            ("slo:burn_rate:ratio5m", 60, 3.5), ("slo:burn_rate:ratio6h", 60, 3.5), ("slo:total:increase6h", 60, 3300), ("slo:good:increase6h", 60, 3120),
            ("slo:burn_rate:ratio5m", 119, 4), ("slo:part_total:increase6h{objective=\"2\"}", 60, 300),
        ]);

    [Fact]
    public Task A_calendar_window_begins_anew_and_the_pairs_do_not() => ExpectAsync(
        // Scaled, a day is two minutes, and the first of January 1970 began one.
        Slo(Counters, "budgetingMethod: Occurrences", "[{target: 0.9}]", "{duration: 1d, calendar: {startTime: 2026-01-01 00:00:00, timeZone: UTC}}", "page 10m/1h 8%"),
        [("all", "0+100x300"), ("good", "0+100x60 6090+90x60 11590+100x180")],
        [
            ("slo:total:increase1d", 118, 11800), ("slo:error_budget_remaining:ratio", 118, 0.5167), ("slo:coverage:ratio", 118, 0.9833),
            ("slo:total:increase1d", 124, 500), ("slo:errors:ratio_rate1d", 150, 0.0065), ("slo:error_budget_remaining:ratio", 150, 0.9833),
            ("slo:errors:ratio_rate1h", 121, 0.1),
        ]);

    public static TheoryData<string, string, string, string[]> Calendars() => new()
    {
        // The window's number changes exactly at these local times, whatever the clocks do in between.
        { "1M", "2026-01-01 00:00:00", "Europe/Berlin", ["2026-02-01 00:00:00", "2026-04-01 00:00:00", "2026-11-01 00:00:00"] },
        { "1M", "2026-01-15 09:30:00", "America/New_York", ["2026-03-15 09:30:00", "2026-12-15 09:30:00"] },
        { "1Q", "2026-01-01 00:00:00", "Asia/Kolkata", ["2026-04-01 00:00:00", "2027-01-01 00:00:00"] },
        { "1Y", "2025-07-01 00:00:00", "UTC", ["2026-07-01 00:00:00", "2030-07-01 00:00:00"] },
        { "1w", "2026-01-05 00:00:00", "Europe/Berlin", ["2026-03-30 00:00:00", "2026-10-26 00:00:00"] },
        { "1d", "2026-01-01 00:00:00", "Australia/Lord_Howe", ["2026-04-06 00:00:00", "2026-10-05 00:00:00"] },
    };

    [Theory]
    [MemberData(nameof(Calendars))]
    public Task A_calendar_window_begins_when_the_zone_says_so(string duration, string start, string zone, string[] begins)
    {
        string text = Slo(Counters, "budgetingMethod: Occurrences", "[{target: 0.9}]", $"{{duration: {duration}, calendar: {{startTime: {start}, timeZone: {zone}}}}}", "page 10m/1h 0.08%");
        string index = Index().Match(PrometheusRules.Render(SloFiles.Parse(text), new RuleOptions())).Groups[1].Value;
        TimeZoneInfo info = TimeZoneInfo.FindSystemTimeZoneById(zone);
        IEnumerable<string> tests = begins.Select(local =>
        {
            var wall = DateTime.ParseExact(local, "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
            long at = new DateTimeOffset(wall, info.GetUtcOffset(wall)).ToUnixTimeSeconds();
            string At(long time) => index.Replace("time()", time.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
            return $"""
                      - expr: '{At(at)} - {At(at - 1)}'
                        eval_time: 0s
                        exp_samples: [{"{labels: '{}', value: 1}"}]
                """;
        });
        return Promtool.TestAsync("groups: []", $"""
            rule_files: [rules.yaml]
            evaluation_interval: 1s
            tests:
              - interval: 1s
                input_series: []
                promql_expr_test:
            {string.Join('\n', tests)}
            """);
    }

    /// <param name="indicator">The SLO's indicator; nothing for a composite.</param>
    /// <param name="method">Budgeting method.</param>
    /// <param name="objectives">A list.</param>
    /// <param name="window">The only time window.</param>
    /// <param name="pairs">The pairs, few to keep the file small.</param>
    private static string Slo(string indicator, string method, string objectives, string window = "{duration: 30d, isRolling: true}", string pairs = "page 10m/1h 0.8%, ticket 10m/6h 2%") => $"""
        apiVersion: openslo/v1
        kind: Service
        metadata: {"{name: shop}"}
        spec: {"{}"}
        ---
        apiVersion: openslo/v1
        kind: SLO
        metadata:
          name: shop
          annotations:
            back2code/alert-windows: {pairs}
        spec:
          service: shop
          {indicator}
          timeWindow: [{window}]
          {method}
          objectives: {objectives}
        """;

    private static Task ExpectAsync(string slo, (string Name, string Values)[] series, (string Series, int At, double Value)[] expected)
    {
        string rules = PrometheusRules.Render(SloFiles.Parse(slo), new RuleOptions { TimeScale = 720, ScrapeInterval = TimeSpan.FromSeconds(1) });
        IEnumerable<string> input = series.Select(s => $"      - {{series: '{s.Name}', values: '{s.Values}'}}");
        IEnumerable<string> tests = expected.Select(e => string.Create(
            CultureInfo.InvariantCulture, $"      - {{expr: 'round(sum({e.Series}), 0.0001)', eval_time: {e.At}s, exp_samples: [{{labels: '{{}}', value: {e.Value}}}]}}"));
        return Promtool.TestAsync(rules, $"""
            rule_files: [rules.yaml]
            evaluation_interval: 1s
            tests:
              - interval: 1s
                input_series:
            {string.Join('\n', input)}
                promql_expr_test:
            {string.Join('\n', tests)}
            """);
    }

    [GeneratedRegex("slo:window:index\n        expr: '(.*)'")]
    private static partial Regex Index();
}
