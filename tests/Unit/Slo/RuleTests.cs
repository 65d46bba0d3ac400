using Back2Code.Slo;
using Back2Code.UnitTests.Architecture;

namespace Back2Code.UnitTests.Slo;

public sealed class RuleTests
{
    private static readonly RuleOptions Lab = new() { TimeScale = 720, ScrapeInterval = TimeSpan.FromSeconds(1) };

    [Fact]
    public void Production_has_the_windows_of_the_workbook_each_once() =>
        Assert.Equal(["5m", "30m", "1h", "2h", "6h", "1d", "3d", "30d"], WindowsIn(Render(new RuleOptions())));

    [Fact]
    public void The_lab_has_them_scaled_none_below_three_scrapes_and_equal_ones_once() =>
        Assert.Equal(["3s", "5s", "10s", "30s", "2m", "6m", "1h"], WindowsIn(Render(Lab)));

    [Fact]
    public void Long_windows_are_chained_from_the_shortest()
    {
        string rules = Render(new RuleOptions { EvaluationInterval = TimeSpan.FromSeconds(30) });

        Assert.Contains("sum(rate(requests_total[1h]))", rules, StringComparison.Ordinal);
        Assert.Contains("sum_over_time(slo:total:rate5m{slo=\"shop-availability\"}[3d]) / 8640", rules, StringComparison.Ordinal);
        Assert.DoesNotContain("[3d]))", rules, StringComparison.Ordinal);
    }

    [Fact]
    public void Recordings_and_alerts_share_a_group_and_alerts_come_last()
    {
        string[] lines = Render(Lab).Split('\n');

        Assert.Single(lines, l => l.StartsWith("  - name:", StringComparison.Ordinal));
        Assert.True(Array.FindLastIndex(lines, l => l.Contains("- record:", StringComparison.Ordinal)) < Array.FindIndex(lines, l => l.Contains("- alert:", StringComparison.Ordinal)));
    }

    [Fact]
    public void Factors_are_written_without_float_noise()
    {
        string rules = Render(Lab);

        Assert.Contains("slo:burn_rate:5s{slo=\"shop-availability\"} > 14.4\n", rules, StringComparison.Ordinal);
        Assert.Contains("/ 0.005'", rules, StringComparison.Ordinal);
        Assert.DoesNotContain("99999", rules, StringComparison.Ordinal);
        Assert.DoesNotContain("00000", rules, StringComparison.Ordinal);
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
    [InlineData("duration: 30d", "duration: 1d", "shorter than 7d")]
    [InlineData("duration: 30d, isRolling: true", "duration: 1d, calendar: {startTime: 2026-01-01 00:00:00, timeZone: UTC}", "use isRolling: true")]
    [InlineData("counter: true", "counter: false", "counter: true")]
    [InlineData("promql: requests_total", "promql: 'sum(requests_total)'", "is not one selector of counters")]
    [InlineData("promql: requests_total", "promql: 'requests_total[5m]'", "is not one selector of counters")]
    [InlineData("[{target: 0.995}]", "[{target: 0.995}, {target: 0.999}]", "one SLO for each")]
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
            "clamp_min(sum(rate(requests_total[3s])) - (sum(rate(requests_total{code=\"5xx\"}[3s])) or sum(rate(requests_total[3s])) * 0), 0)",
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

        Assert.Contains("- alert: ShopAvailabilityHalfGone\n        expr: 'slo:burn_rate:1m{slo=\"shop-availability\"} >= 2.5'\n        for: 5s\n", rules, StringComparison.Ordinal);
        Assert.Equal(
            ["ShopAvailabilityFastBurn", "ShopAvailabilitySlowBurn", "ShopAvailabilityHalfGone"], PrometheusRules.AlertNames(SloText.Parse(text)));
    }

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
    public void The_shipped_objectives_are_read_and_ruled() =>
        Assert.Equal(
            ["NotesAvailabilityFastBurn", "NotesAvailabilitySlowBurn", "NotesLatencyFastBurn", "NotesLatencySlowBurn"],
            PrometheusRules.AlertNames(SloFiles.Load(Path.Combine(Repository.Root, "slos"))));

    private static string Render(RuleOptions options) => PrometheusRules.Render(SloText.Parse(SloText.Valid), options);

    private static IReadOnlyList<SloFileError> Refused(string text) =>
        Assert.Throws<SloFileException>(() => PrometheusRules.Render(SloText.Parse(text), Lab)).Errors;

    private static List<string> WindowsIn(string rules)
    {
        const string record = "- record: slo:total:rate";
        return [.. rules.Split('\n').Where(l => l.Contains(record, StringComparison.Ordinal)).Select(l => l[(l.IndexOf(record, StringComparison.Ordinal) + record.Length)..])];
    }
}
