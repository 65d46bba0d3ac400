using System.Globalization;
using System.Text.RegularExpressions;
using Back2Code.Lab.Drills;
using Back2Code.Lab.Traffic;
using Back2Code.Monitoring.Gateway;

namespace Back2Code.UnitTests.Drills;

/// <summary>Percentiles of the generator beside shares at the edges of the gateway's histogram.</summary>
public sealed partial class LatencyCheckTests
{
    [Fact]
    public void It_knows_the_edges_that_the_gateways_histogram_has() => Assert.Equal(GatewayMetrics.Edges, LatencyCheck.Edges);

    [Theory]
    // The gateway has 94 % within 10 ms and 97 % within 25 ms.
    [InlineData(12, true)]
    // Only 94 % within 10 ms, and 9 ms are fewer still: but 94 and 95 differ by little more than 1 %.
    [InlineData(9, false)]
    // 97 % within 25 ms already.
    [InlineData(40, false)]
    // More than the last edge: all that is known is that the rest is beyond.
    [InlineData(12_000, false)]
    public async Task A_percentile_is_confirmed_when_its_share_lies_between_those_at_the_edges(double p95, bool agrees)
    {
        var figure = Assert.Single(await CompareAsync(new LatencyQuantiles(null, p95, null, null), edge => edge switch { < 0.005 => 0, 0.005 => 60, 0.01 => 94, 0.025 => 97, _ => 99 }));

        Assert.Equal(("percentWithinP95", agrees), (figure.Name, figure.Agrees));
    }

    [Fact]
    public async Task A_share_that_is_less_than_a_hundredth_beside_is_confirmed()
    {
        var figure = Assert.Single(await CompareAsync(new LatencyQuantiles(null, 9.9, null, null), edge => edge >= 0.01 ? 94.5 : 60));

        Assert.True(figure.Agrees);
        Assert.Equal("95 % within 9.9 ms; the gateway has 60.0 % within 5 ms and 94.5 % within 10 ms", figure.Parts);
    }

    [Fact]
    public async Task Without_an_answer_there_is_nothing_to_compare() =>
        Assert.All(await CompareAsync(new LatencyQuantiles(3, 12, 80, 100), _ => null), figure => Assert.Null(figure.Agrees));

    private static Task<IReadOnlyList<FigureAgreement>> CompareAsync(LatencyQuantiles latency, Func<double, double?> percentWithin) => LatencyCheck.CompareAsync(
        latency,
        static selector => selector,
        (query, _) => Task.FromResult(percentWithin(double.Parse(Edge().Match(query).Groups[1].Value, CultureInfo.InvariantCulture))),
        default);

    [GeneratedRegex("""le=~"([0-9.]+)\(""")]
    private static partial Regex Edge();
}
