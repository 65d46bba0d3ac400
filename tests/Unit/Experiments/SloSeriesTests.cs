using Back2Code.Chaos.Experiments;
using Back2Code.Chaos.Experiments.Providers;
using Back2Code.Slo.Rules;

namespace Back2Code.UnitTests.Experiments;

public sealed class SloSeriesTests
{
    [Theory]
    [InlineData(SloMeasure.Remaining, "slo:error_budget_remaining:ratio{slo=\"notes-availability\"}")]
    [InlineData(SloMeasure.Objective, "slo:objective:ratio{slo=\"notes-availability\"}")]
    [InlineData(SloMeasure.BurnRate, "slo:burn_rate:ratio1h{slo=\"notes-availability\"}")]
    [InlineData(SloMeasure.ErrorRatio, "slo:errors:ratio_rate1h{slo=\"notes-availability\"}")]
    public void Each_measure_is_a_recorded_series(SloMeasure measure, string query) => Assert.Equal(query, SloSeries.Of("notes-availability", measure, "1h"));

    [Fact]
    public void The_names_are_those_that_the_generator_gives() => Assert.Equal(
        (SloQueries.RemainingMetric, SloQueries.ObjectiveMetric, SloQueries.BurnRateMetric(""), SloQueries.ErrorRatioMetric("")),
        (SloSeries.Remaining, SloSeries.Objective, SloSeries.BurnRate, SloSeries.ErrorRatio));

    [Theory]
    [InlineData("notes-availability", true)]
    [InlineData("a.b_c", true)]
    [InlineData("", false)]
    [InlineData("a\"} or vector(1) #", false)]
    [InlineData("a\n", false)]
    public void A_name_cannot_change_the_query(string name, bool isName) => Assert.Equal(isName, SloSeries.IsName(name));

    [Theory]
    [InlineData("5m", true)]
    [InlineData("30d", true)]
    [InlineData("0m", false)]
    [InlineData("5", false)]
    [InlineData("5m\n", false)]
    public void A_window_cannot_either(string window, bool isWindow) => Assert.Equal(isWindow, SloSeries.IsWindow(window));
}
