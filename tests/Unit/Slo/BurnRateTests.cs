using Back2Code.Slo;
using FsCheck;
using FsCheck.Fluent;

namespace Back2Code.UnitTests.Slo;

public sealed class BurnRateTests
{
    [Fact]
    public void Factors_of_thirty_days_are_those_of_the_workbook_exactly() =>
        Assert.Equal([14.4m, 6m, 3m, 1m], BurnRatePair.For(TimeSpan.FromDays(30)).Select(p => p.FactorFor(TimeSpan.FromDays(30))));

    [Fact]
    public void Factors_of_twenty_eight_days_are_exact_too() =>
        Assert.Equal([13.44m, 5.6m, 2.8m], BurnRatePair.For(TimeSpan.FromDays(28)).Take(3).Select(p => p.FactorFor(TimeSpan.FromDays(28))));

    [Fact]
    public void Factors_of_a_week_stay_above_the_harmless() =>
        Assert.Equal([13.44m, 3.5m, 1.4m, 0.98m], BurnRatePair.For(TimeSpan.FromDays(7)).Select(p => p.FactorFor(TimeSpan.FromDays(7))));

    [Fact]
    public void A_period_below_a_week_has_the_weeks_pairs_shrunk_to_it()
    {
        IReadOnlyList<BurnRatePair> pairs = BurnRatePair.For(TimeSpan.FromDays(3.5));

        Assert.Equal(["00:03:00", "00:15:00", "01:00:00", "03:00:00"], pairs.Select(p => p.ShortWindow.ToString()));
        Assert.Equal(["00:30:00", "03:00:00", "12:00:00", "1.12:00:00"], pairs.Select(p => p.LongWindow.ToString()));
    }

    [Fact]
    public void A_period_below_a_day_has_no_pairs() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => BurnRatePair.For(TimeSpan.FromHours(23)));

    [Fact]
    public void Budget_has_no_float_noise() => Assert.Equal(0.005m, BurnRate.Budget(0.995m));

    [Theory]
    [InlineData(0, 100, 0)]
    [InlineData(1, 200, 1)]
    [InlineData(72, 1000, 14.4)]
    [InlineData(100, 100, 200)]
    [InlineData(0, 0, 0)]
    public void Burn_rate_is_the_error_ratio_over_the_budget(long bad, long total, double expected) =>
        Assert.Equal((decimal)expected, BurnRate.Of(bad, total, 0.995m));

    [Theory]
    [InlineData(-1, 1, 0.5)]
    [InlineData(2, 1, 0.5)]
    [InlineData(0, 1, 1)]
    [InlineData(0, 1, -0.1)]
    public void Impossible_counts_are_refused(long bad, long total, double objective) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => BurnRate.Of(bad, total, (decimal)objective));

    [Theory]
    [InlineData(14.4, 0.995, true)]
    [InlineData(14.4, 0.9306, true)]
    [InlineData(14.4, 0.93, false)]
    [InlineData(1, 0, false)]
    public void A_pair_can_fire_only_if_an_outage_burns_faster(double factor, double objective, bool expected) =>
        Assert.Equal(expected, BurnRate.CanFire((decimal)factor, (decimal)objective));

    [Fact]
    public void Burn_rate_never_falls_when_an_error_replaces_a_success() =>
        Prop.ForAll<NonNegativeInt, PositiveInt>((errors, successes) =>
        {
            long total = (long)errors.Get + successes.Get;
            return BurnRate.Of(errors.Get + 1L, total, 0.999m) > BurnRate.Of(errors.Get, total, 0.999m);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Burning_at_the_factor_for_the_window_spends_the_share() =>
        Prop.ForAll<PositiveInt, PositiveInt>((percent, hours) =>
        {
            decimal share = (percent.Get % 100 + 1) / 100m;
            var window = TimeSpan.FromHours((hours.Get % 720) + 1);
            decimal factor = BurnRate.Factor(share, TimeSpan.FromDays(30), window);
            return Math.Abs((factor * window.Ticks / TimeSpan.FromDays(30).Ticks) - share) < 1e-20m;
        }).QuickCheckThrowOnFailure();
}
