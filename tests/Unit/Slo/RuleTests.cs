using Back2Code.Slo;
using Back2Code.Slo.Rules;
using Back2Code.UnitTests.Architecture;

namespace Back2Code.UnitTests.Slo;

public sealed class RuleTests
{
    private static readonly RuleOptions Lab = new() { TimeScale = 720, ScrapeInterval = TimeSpan.FromSeconds(1) };

    [Fact]
    public void Production_has_the_windows_of_the_workbook_each_once() =>
        Assert.Equal(["5m", "30m", "1h", "2h", "6h", "1d", "3d", "30d"], WindowsIn(Render(new RuleOptions())));

    [Fact]
    public void The_lab_has_windows_of_the_same_names_scaled_and_none_below_three_scrapes()
    {
        string rules = Render(Lab);

        Assert.Equal(["1d", "1h", "2h", "30d", "30m", "3d", "5m", "6h"], WindowsIn(rules).Order(StringComparer.Ordinal));
        // What is longer than an hour is summed from steps, but for the half minute that is their witness; and the hour that 30 days are from blocks of thirty steps.
        Assert.Equal(["3s", "5s", "30s"], RangesIn(rules, "sum(increase(requests_total["));
        Assert.Contains("sum_over_time(slo:total:step[9s999ms])", rules, StringComparison.Ordinal);
        Assert.Contains("sum_over_time(slo:total:step[5m59s999ms])", rules, StringComparison.Ordinal);
        Assert.Contains("sum_over_time(slo:total:block[59m59s999ms])", rules, StringComparison.Ordinal);
    }

    [Fact]
    public void Windows_of_equal_length_are_read_once() =>
        Assert.Contains("record: slo:total:increase30m\n        expr: 'slo:total:increase5m'\n", Render(Lab), StringComparison.Ordinal);

    [Fact]
    public void Long_windows_are_sums_of_steps_in_a_group_that_is_evaluated_less_often()
    {
        string rules = Render(new RuleOptions { EvaluationInterval = TimeSpan.FromSeconds(30) });
        string[] groups = rules.Split("  - name: ");

        Assert.Equal(["5m", "30m", "1h"], WindowsIn(groups[1]));
        Assert.StartsWith("'slo'\n    interval: 30s\n", groups[1], StringComparison.Ordinal);
        Assert.Equal(["2h", "6h", "1d", "3d", "30d"], WindowsIn(groups[2]));
        Assert.StartsWith("'slo:long'\n    interval: 2m\n", groups[2], StringComparison.Ordinal);
        Assert.Contains("sum_over_time(slo:total:step[23h59m59s999ms])", groups[2], StringComparison.Ordinal);
        Assert.Contains("sum_over_time(slo:total:block[2d23h59m59s999ms])", groups[2], StringComparison.Ordinal);
        Assert.Contains("sum_over_time(slo:total:block[29d23h59m59s999ms])", groups[2], StringComparison.Ordinal);
        Assert.DoesNotContain("requests_total[3d]", rules, StringComparison.Ordinal);
    }

    [Fact]
    public void In_the_lab_recordings_and_alerts_share_a_group_and_alerts_come_last()
    {
        string[] lines = Render(Lab).Split('\n');

        Assert.Single(lines, l => l.StartsWith("  - name:", StringComparison.Ordinal));
        Assert.True(Array.FindLastIndex(lines, l => l.Contains("- record:", StringComparison.Ordinal)) < Array.FindIndex(lines, l => l.Contains("- alert:", StringComparison.Ordinal)));
    }

    [Fact]
    public void Factors_are_written_without_float_noise()
    {
        string rules = Render(Lab);

        Assert.Contains("slo:burn_rate:ratio1h > 14.4\n", rules, StringComparison.Ordinal);
        Assert.Contains("vector(0.995)", rules, StringComparison.Ordinal);
        Assert.DoesNotContain("99999", rules, StringComparison.Ordinal);
        Assert.DoesNotContain("00000", rules, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_the_same_arithmetic_for_all_SLOs_is_one_rule_and_names_them_when_it_is_not_for_all()
    {
        string second = SloText.Valid.Split("---\n")[2].Replace("shop-availability", "shop-b", StringComparison.Ordinal);
        string alike = PrometheusRules.Render(SloText.Parse(SloText.Valid + "\n---\n" + second), Lab);
        string different = PrometheusRules.Render(SloText.Parse(SloText.Valid + "\n---\n" + second.Replace("duration: 30d", "duration: 7d", StringComparison.Ordinal)), Lab);

        Assert.Equal(2, alike.Split("record: slo:page:burn_rate\n").Length);
        Assert.Contains("expr: '1 - slo:burn_rate:ratio30d'\n", alike, StringComparison.Ordinal);
        Assert.Equal(3, different.Split("record: slo:page:burn_rate\n").Length);
        Assert.Contains("expr: '1 - slo:burn_rate:ratio30d{slo=\"shop-availability\"}'\n", different, StringComparison.Ordinal);
    }

    [Fact]
    public void Rendering_twice_gives_the_same_text() => Assert.Equal(Render(Lab), Render(Lab));

    [Fact]
    public void A_pair_that_can_never_fire_is_refused_with_the_least_target_that_works()
    {
        SloFileError error = Refused(SloText.With("target: 0.995", "target: 0.93"))[0];

        Assert.Equal(("test.yaml", 28), (error.File, error.Line));
        Assert.Contains("the pair 5m/1h can never fire: burn rate 14.4 needs an error ratio of 100.8 %; the target must be above 0.930555555556", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("duration: 30d", "duration: 1M", "no fixed length")]
    [InlineData("duration: 30d", "duration: 23h", "shorter than 1d")]
    [InlineData("duration: 30d, isRolling: true", "duration: 1M, calendar: {startTime: 2026-01-31 00:00:00, timeZone: UTC}", "startTime may be on the 1st to the 28th")]
    [InlineData("budgetingMethod: Occurrences\n  objectives: [{target: 0.995}]", "budgetingMethod: RatioTimeslices\n  objectives: [{target: 0.995, timeSliceWindow: 2h}]", "longer than 1h")]
    [InlineData("type: prometheus, connectionDetails", "type: datadog, connectionDetails", "rules need type prometheus")]
    [InlineData("promql: requests_total", "promql: 'sum(requests_total)'", "is not one selector of counters")]
    [InlineData("promql: requests_total", "promql: 'requests_total[5m]'", "is not one selector of counters")]
    [InlineData("[{target: 0.995}]", "[{target: 0.995, displayName: All}, {target: 0.999, displayName: all}]", "give its objectives other displayNames")]
    [InlineData("annotations: {example.com/owner: web}", "annotations: {back2code/alert-windows: page 1h/31d 2%}", "is not shorter than the window 30d")]
    public void What_rules_cannot_express_is_refused(string passage, string replacement, string message) =>
        Assert.Contains(Refused(SloText.With(passage, replacement)), e => e.Message.Contains(message, StringComparison.Ordinal));

    [Theory]
    [InlineData("x", true)]
    [InlineData("a:b_c{}", true)]
    [InlineData("a{b=\"c\"}", true)]
    [InlineData("a { b=~\"c|d\" , e!~'f', }", true)]
    [InlineData("a{b=\"\\\"}\\\\\"}", true)]
    [InlineData("{b=\"c\"}", false)]
    [InlineData("a{b=\"c\" d=\"e\"}", false)]
    [InlineData("a{b=\"c\"} or b", false)]
    [InlineData("a{b=\"c\"} offset 5m", false)]
    [InlineData("a{b=\"c", false)]
    [InlineData("a{b==\"c\"}", false)]
    [InlineData("rate(a[5m])", false)]
    [InlineData("1", false)]
    [InlineData("", false)]
    public void Only_a_selector_of_one_metric_is_taken(string query, bool expected) => Assert.Equal(expected, CounterSelector.IsValid(query));

    [Theory]
    [InlineData(0)]
    [InlineData(0.5)]
    [InlineData(200_000)]
    public void A_time_scale_out_of_range_is_refused(double scale) =>
        Assert.Throws<ArgumentException>(() => Render(new RuleOptions { TimeScale = (decimal)scale }));

    [Fact]
    public void Rules_that_are_evaluated_too_rarely_are_refused() =>
        Assert.Throws<SloFileException>(() => Render(Lab with { EvaluationInterval = TimeSpan.FromSeconds(4) }));

    [Fact]
    public void A_bad_events_metric_is_turned_into_good_events()
    {
        string text = SloText.With("good: {", "bad: {").Replace("code!=\"5xx\"", "code=\"5xx\"", StringComparison.Ordinal);

        Assert.Contains(
            "slo:total:increase5m{slo=\"shop-availability\"} - on () (sum(increase(requests_total{code=\"5xx\"}[3s])) or on () slo:total:increase5m{slo=\"shop-availability\"} * 0)",
            PrometheusRules.Render(SloText.Parse(text), Lab),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_declared_condition_is_an_alert_of_its_own()
    {
        string text = SloText.Valid + """

              alertPolicies:
                - metadata: {name: p}
                  spec:
                    alertWhenBreaching: true
                    conditions: [{metadata: {name: half-gone}, spec: {severity: error, condition: {op: gte, threshold: 2.5, lookbackWindow: 12h, alertAfter: 1h}}}]
                    notificationTargets: [{metadata: {name: t}, spec: {target: slack}}]
            """;

        string rules = PrometheusRules.Render(SloText.Parse(text), Lab);

        Assert.Contains("- alert: ShopAvailabilityHalfGone\n        expr: 'slo:burn_rate:ratio12h{slo=\"shop-availability\"} >= 2.5'\n        for: 5s\n", rules, StringComparison.Ordinal);
        Assert.Equal(
            ["ShopAvailabilityFastBurn", "ShopAvailabilitySlowBurn", "ShopAvailabilityHalfGone", "ShopAvailabilityAbsent", "ShopAvailabilityRatioAboveOne"], PrometheusRules.AlertNames(SloText.Parse(text)));
    }

    [Fact]
    public void Several_objectives_on_one_indicator_are_a_budget_each()
    {
        SloCatalogue catalogue = SloText.Parse(SloText.With("[{target: 0.995}]", "[{target: 0.995, displayName: Most}, {target: 0.999}]"));

        Assert.Equal(
            ["ShopAvailabilityMostFastBurn", "ShopAvailability2FastBurn"],
            PrometheusRules.AlertNames(catalogue).Where(n => n.EndsWith("FastBurn", StringComparison.Ordinal)));
        Assert.Equal([("shop-availability-most", 0.995m), ("shop-availability-2", 0.999m)], SloQueries.For(catalogue).Select(q => (q.Slo, q.Target)));
    }

    [Fact]
    public void Queries_ask_for_what_the_rules_record()
    {
        SloQueries queries = Assert.Single(SloQueries.For(SloText.Parse(SloText.Valid)));
        string rules = Render(new RuleOptions());

        Assert.Equal(["5m", "30m", "1h", "2h", "6h", "1d", "3d", "30d"], queries.Windows);
        Assert.Equal("slo:burn_rate:ratio1h{slo=\"shop-availability\"}", queries.BurnRate("1h"));
        Assert.All(
            queries.Windows.SelectMany(w => new[] { SloQueries.GoodMetric(w), SloQueries.TotalMetric(w), SloQueries.ErrorRatioMetric(w), SloQueries.BurnRateMetric(w) })
                .Concat([SloQueries.ObjectiveMetric, SloQueries.RemainingMetric, SloQueries.CoverageMetric, SloQueries.StateMetric]),
            metric => Assert.Contains($"record: {metric}\n", rules, StringComparison.Ordinal));
    }

    [Fact]
    public void The_annotation_replaces_the_pairs()
    {
        SloCatalogue catalogue = SloText.Parse(SloText.With("annotations: {example.com/owner: web}", "annotations: {back2code/alert-windows: 'ticket 6h/3d 10%, page 5m/1h 2.5%'}"));

        Assert.Equal([14.4m * 1.25m, 1m], SloQueries.For(catalogue)[0].Pairs.Select(p => p.FactorFor(TimeSpan.FromDays(30))));
    }

    [Theory]
    [InlineData("back2code/alert-windows: page 1h/5m 2%", "the short and the long window")]
    [InlineData("back2code/alert-windows: page 5m/1h", "for example 'page 5m/1h 2%")]
    [InlineData("back2code/alert-windows: wake 5m/1h 2%", "page or ticket")]
    [InlineData("back2code/alert-window: page 5m/1h 2%", "unknown annotation 'back2code/alert-window'; allowed: back2code/alert-windows")]
    public void An_annotation_of_ours_that_means_nothing_is_refused(string annotation, string message) =>
        Assert.Contains(message, Assert.Single(SloText.ErrorsOf(SloText.With("example.com/owner: web", annotation))).Message, StringComparison.Ordinal);

    [Fact]
    public void Write_replaces_the_file_and_leaves_nothing_beside_it()
    {
        string folder = Directory.CreateTempSubdirectory("b2c-slo-").FullName;
        string file = Path.Combine(folder, "deep", "slo.yaml");

        PrometheusRules.Write(SloText.Parse(SloText.Valid), file, Lab);
        PrometheusRules.Write(SloText.Parse(SloText.Valid), file, Lab);

        string[] found = Directory.GetFiles(folder, "*", SearchOption.AllDirectories);
        Directory.Delete(folder, recursive: true);
        Assert.Equal([file], found);
    }

    [Fact]
    public void The_shipped_objectives_are_read_and_ruled()
    {
        SloCatalogue shipped = SloFiles.Load(Path.Combine(Repository.Root, "slos"));

        Assert.Equal(
            [
                "identity-availability", "identity-error-rate", "identity-latency",
                "monitoring-availability", "monitoring-error-rate", "monitoring-latency", "notes-availability", "notes-error-rate", "notes-latency", "notes-outbox-age",
                "notifications-availability", "notifications-error-rate", "notifications-freshness", "notifications-latency", "notifications-queue-latency",
            ],
            shipped.Objectives.Select(o => o.Name).Order(StringComparer.Ordinal));
        Assert.Equal(15 * 2, PrometheusRules.AlertNames(shipped).Count(name => name.EndsWith("Burn", StringComparison.Ordinal)));
        Assert.NotEmpty(PrometheusRules.Render(shipped, Lab));
        Assert.NotEmpty(PrometheusRules.Render(shipped, new RuleOptions()));
    }

    private static string Render(RuleOptions options) => PrometheusRules.Render(SloText.Parse(SloText.Valid), options);

    private static IReadOnlyList<SloFileError> Refused(string text) =>
        Assert.Throws<SloFileException>(() => PrometheusRules.Render(SloText.Parse(text), Lab)).Errors;

    private static List<string> WindowsIn(string rules)
    {
        const string record = "- record: slo:total:increase";
        return [.. rules.Split('\n').Where(l => l.Contains(record, StringComparison.Ordinal)).Select(l => l[(l.IndexOf(record, StringComparison.Ordinal) + record.Length)..])];
    }

    private static IEnumerable<string> RangesIn(string rules, string before) =>
        rules.Split(before).Skip(1).Select(passage => passage[..passage.IndexOf(']', StringComparison.Ordinal)]).Distinct();
}
