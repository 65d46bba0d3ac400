using System.Text.RegularExpressions;
using System.Xml.Linq;
using Back2Code.Lab.Comparisons;
using Back2Code.Lab.Drills.Settings;
using Back2Code.UnitTests.Campaigns;

namespace Back2Code.UnitTests.Comparisons;

public sealed class ComparisonTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_clear_change_is_told_in_one_sentence_with_its_interval()
    {
        var effect = PairedEffect.Of("failed requests", "requests", [(100, 60), (110, 62), (90, 55), (105, 61), (95, 58)], seed: 1);

        Assert.Equal((Change.Lower, 5, 0, -1.0, 0.0625), (effect.Change, effect.Lower, effect.Higher, effect.Delta, effect.SignTestP));
        Assert.Equal(-40.8, effect.Difference!.Value, precision: 9);
        Assert.Matches(@"^the breaker reduces failed requests by 41 % \[\d+, \d+\], lower in 5 of 5 pairs; Cliff's delta -1\.00 \(large\)\.$", effect.Describe("the breaker"));
        Assert.InRange(effect.Difference.Value, effect.DifferenceInterval!.Low, effect.DifferenceInterval.High);
    }

    [Fact]
    public void Noise_is_not_called_a_difference()
    {
        var effect = PairedEffect.Of("p99", "ms", [(100, 104), (110, 101), (90, 96), (105, 99), (95, 97)], seed: 1);

        Assert.Equal(Change.NotShown, effect.Change);
        Assert.StartsWith("No difference in p99 can be shown: ", effect.Describe("x"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_everywhere_is_said_to_be_the_same() =>
        Assert.Equal("x does nothing to failed requests: the same in all 5 pairs.", PairedEffect.Of("failed requests", "requests", Enumerable.Repeat(((double?)0, (double?)0), 5), seed: 1).Describe("x"));

    [Fact]
    public void Pairs_that_lack_a_figure_on_one_side_do_not_count()
    {
        var effect = PairedEffect.Of("time to recover", "s", [(1, 2), (1, null), (1, 2), (1, 2), (1, 2)], seed: 1);

        Assert.Equal((Change.NotMeasured, 4), (effect.Change, effect.Pairs));
    }

    [Fact]
    public void Where_nothing_failed_without_the_change_the_difference_is_told_in_its_unit() =>
        Assert.StartsWith("x raises failed requests by 6 requests [", PairedEffect.Of("failed requests", "requests", [(0, 5), (0, 6), (0, 7), (0, 6), (0, 6)], seed: 1).Describe("x"), StringComparison.Ordinal);

    [Theory]
    [InlineData(5)]
    [InlineData(8)]
    public void Half_of_the_pairs_begin_with_the_change_in_an_order_that_the_seed_draws(int pairs)
    {
        var orders = ComparisonSession.Orders(pairs, seed: 3);

        Assert.Equal((pairs + 1) / 2, orders.Count(o => o));
        Assert.Equal(orders, ComparisonSession.Orders(pairs, seed: 3));
        Assert.Contains(Enumerable.Range(0, 20), seed => !ComparisonSession.Orders(pairs, seed).SequenceEqual(orders));
    }

    [Theory]
    [InlineData("fault.latency=100ms..3s:3", new[] { "100ms", "1.55s", "3s" })]
    [InlineData("traffic.rate=60..240:4", new[] { "60", "120", "180", "240" })]
    [InlineData("fault.ratio=0.1..0.2:3", new[] { "0.1", "0.15", "0.2" })]
    [InlineData("notes:A__B=00:00:01,00:00:02", new[] { "00:00:01", "00:00:02" })]
    public void A_range_is_walked_in_equal_steps(string text, string[] values) => Assert.Equal(values, SweepAxis.Parse(text).Values);

    [Theory]
    [InlineData("fault.latency")]
    [InlineData("fault.latency=1s")]
    [InlineData("fault.latency=1s..3")]
    [InlineData("fault.latency=1s..3s:1")]
    [InlineData("notes:A=00:00:01..00:00:03")]
    [InlineData("objectives.mttr=1s..3s")]
    public void A_range_that_makes_no_sense_is_refused_with_an_example(string text) => Assert.Throws<DrillSettingException>(() => SweepAxis.Parse(text));

    [Fact]
    public void Two_axes_make_every_combination()
    {
        var all = SweepSession.Combine([SweepAxis.Parse("fault.latency=1s,2s"), SweepAxis.Parse("traffic.rate=60,120")]);

        Assert.Equal(["fault.latency=1s traffic.rate=60", "fault.latency=1s traffic.rate=120", "fault.latency=2s traffic.rate=60", "fault.latency=2s traffic.rate=120"], all.Select(s => string.Join(" ", s.Texts)));
        Assert.Throws<DrillSettingException>(() => SweepSession.Combine([SweepAxis.Parse("traffic.rate=1..50:50"), SweepAxis.Parse("fault.latency=1s,2s,3s")]));
    }

    [Fact]
    public void The_pareto_set_weighs_availability_p99_and_load()
    {
        var sweep = Of(Point("a", rate: 60, failed: 0, p99: 100), Point("b", rate: 60, failed: 10, p99: 100), Point("c", rate: 120, failed: 10, p99: 100), Point("d", rate: 60, failed: 5, p99: 50), Point("never", 60, 0, 1, exit: 4));

        Assert.Equal([0, 2, 3], sweep.Pareto);
        Assert.Contains("3 of 5 points are worth having", sweep.Verdict, StringComparison.Ordinal);
    }

    [Fact]
    public void The_plot_is_well_formed_and_has_a_mark_for_every_point()
    {
        var html = SweepHtml.Render(Of(Point("a", 60, 0, 100), Point("<b>", 60, 10, 50), Point("c", 120, 10, 70)));

        var svg = XElement.Parse(Regex.Match(html, "<svg.*?</svg>", RegexOptions.Singleline).Value);
        Assert.Equal(3, svg.Elements("circle").Count());
        Assert.DoesNotContain("NaN", svg.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("<b>", html, StringComparison.Ordinal);
    }

    [Fact]
    public void One_point_alone_can_be_drawn() => Assert.DoesNotContain("NaN", SweepHtml.Render(Of(Point("a", 60, 0, 100))), StringComparison.Ordinal);

    [Fact]
    public void The_page_of_a_comparison_is_well_formed_and_says_what_its_figures_are_worth()
    {
        var runs = Enumerable.Range(0, 5).Select(i => new RunPair(i, i % 2 == 0, CampaignTests.Run("a") with { Failed = 100 + i }, CampaignTests.Run("a") with { Failed = 50 + i })).ToList();
        var comparison = new Comparison { Product = "test", Drill = "a", Settings = ["traffic.rate=<1>"], StartedAt = Noon, EndedAt = Noon, Pairs = runs };

        var html = ComparisonHtml.Render(comparison);

        Assert.Equal("html", XElement.Parse(Regex.Replace(html, "<meta[^>]*>|<!DOCTYPE html>", "")).Name.LocalName);
        Assert.Contains("traffic.rate=&lt;1&gt; reduces failed requests by 49 %", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<1>", html, StringComparison.Ordinal);
    }

    private static SweepPoint Point(string name, int rate, long failed, double p99, int exit = 0) =>
        new([$"traffic.mix={name}"], rate, [CampaignTests.Run("a", exit) with { Settings = [$"traffic.mix={name}"], Requests = 1000, Failed = failed, P99Ms = p99 }]);

    private static Sweep Of(params SweepPoint[] points) =>
        new() { Product = "test", Drill = "a", Axes = [new SweepAxis("traffic.mix", ["a", "b"])], StartedAt = Noon, EndedAt = Noon, Points = points };
}
