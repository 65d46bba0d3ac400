using Back2Code.Lab.Statistics;

namespace Back2Code.UnitTests.Statistics;

public sealed class StatisticsTests
{
    // NumPy's documentation of percentile(method="linear") and R's quantile(type = 7).
    [Theory]
    [InlineData(new double[] { 15, 20, 35, 40, 50 }, 0.4, 29)]
    [InlineData(new double[] { 1, 2, 3, 4 }, 0.25, 1.75)]
    [InlineData(new double[] { 7 }, 0.99, 7)]
    public void Quantiles_lie_between_the_values_as_in_R_and_NumPy(double[] sorted, double share, double expected) =>
        Assert.Equal(expected, Quantiles.Of(sorted, share), precision: 12);

    [Fact]
    public void The_spread_is_that_of_R_and_does_not_mind_one_wild_value()
    {
        // R: mad(c(1, 1, 2, 2, 4, 6, 9)) is 1.4826.
        Assert.Equal(1.4826, Quantiles.Spread([1, 1, 2, 2, 4, 6, 9]), precision: 4);
        Assert.Equal(1.4826, Quantiles.Spread([1, 1, 2, 2, 4, 6, 9000]), precision: 4);
        Assert.Equal(0, Quantiles.Spread([5]));
    }

    [Fact]
    public void A_distribution_leaves_out_what_was_not_measured()
    {
        var distribution = Distribution.Of([3, null, 1, 2]);

        Assert.Equal((3, 1.0, 2.0, 3.0, 2.0), (distribution!.Count, distribution.Minimum, distribution.Median, distribution.Maximum, distribution.Mean));
        Assert.Null(Distribution.Of([null]));
    }

    [Fact]
    public void Cliffs_delta_is_that_of_the_example_of_Rs_effsize()
    {
        // help(cliff.delta): treatment against control is -0.25.
        double[] treatment = [10, 10, 20, 20, 20, 30, 30, 30, 40, 50], control = [10, 20, 30, 40, 40, 50];

        Assert.Equal(-0.25, CliffsDelta.Of(control, treatment), precision: 12);
        Assert.Equal(0.25, CliffsDelta.Of(treatment, control), precision: 12);
    }

    [Theory]
    [InlineData(new double[] { 1, 2, 3 }, new double[] { 4, 5, 6 }, 1)]
    [InlineData(new double[] { 4, 5, 6 }, new double[] { 1, 2, 3 }, -1)]
    [InlineData(new double[] { 1, 2 }, new double[] { 1, 2 }, 0)]
    public void Cliffs_delta_is_one_where_all_lie_above(double[] without, double[] with, double delta) => Assert.Equal(delta, CliffsDelta.Of(without, with));

    [Theory]
    [InlineData(0.1, "negligible")]
    [InlineData(-0.2, "small")]
    [InlineData(0.4, "medium")]
    [InlineData(-1, "large")]
    public void Cliffs_delta_has_words(double delta, string word) => Assert.Equal(word, CliffsDelta.Describe(delta));

    [Fact]
    public void Two_observations_are_resampled_in_all_four_ways()
    {
        // Means 0, 0.5, 0.5, 1; the quartiles of these by interpolation.
        var interval = Bootstrap.Of<double>([0, 1], s => s.Average(), 0.5, seed: 1);

        Assert.Equal(new Interval(0.375, 0.625), interval);
    }

    [Fact]
    public void The_interval_of_the_mouse_data_is_that_of_Efron_and_Tibshirani()
    {
        // "An Introduction to the Bootstrap", table 13.1: 2.5 % and 97.5 % of the mean of the treated mice are 45.9 and 135.4, from 1,000 resamples.
        var interval = Bootstrap.Of<double>([94, 197, 16, 38, 99, 141, 23], s => s.Average(), 0.95, seed: 1)!;

        Assert.Equal(45.9, interval.Low, tolerance: 3);
        Assert.Equal(135.4, interval.High, tolerance: 3);
    }

    [Fact]
    public void The_same_seed_gives_the_same_interval_and_small_samples_need_none()
    {
        double[] ten = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3], five = [3, 1, 4, 1, 5];

        Assert.Equal(Bootstrap.Of(ten, s => s.Average(), 0.95, 7), Bootstrap.Of(ten, s => s.Average(), 0.95, 7));
        Assert.Equal(Bootstrap.Of(five, s => s.Average(), 0.95, 1), Bootstrap.Of(five, s => s.Average(), 0.95, 2));
    }

    [Fact]
    public void A_statistic_that_is_no_number_for_some_resample_has_no_interval() => Assert.Null(Bootstrap.Of<double>([0, 1], s => 1 / s.Sum(), 0.95, seed: 1));

    // R: qt(0.975, df) and, for 0.9, qt(0.95, df).
    [Theory]
    [InlineData(0.95, 1, 12.706205)]
    [InlineData(0.95, 2, 4.302653)]
    [InlineData(0.95, 4, 2.776445)]
    [InlineData(0.95, 9, 2.262157)]
    [InlineData(0.90, 7, 1.894579)]
    [InlineData(0.95, 10_000, 1.960201)]
    public void Students_t_is_that_of_the_tables(double share, int degrees, double t) => Assert.Equal(t, StudentT.Within(share, degrees), tolerance: 1e-6);

    [Theory]
    [InlineData(5, 600)]
    [InlineData(10, 500)]
    public void The_widened_interval_holds_the_true_mean_in_95_of_100_samples_and_the_plain_one_does_not(int size, int samples)
    {
        var random = new Random(20151);
        int widened = 0, plain = 0;
        for (var i = 0; i < samples; i++)
        {
            // Box and Muller: normal, with mean zero.
            double[] sample = [.. Enumerable.Range(0, size).Select(_ => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()))];
            plain += Bootstrap.Of(sample, Mean, 0.95, seed: i)!.Contains(0) ? 1 : 0;
            widened += Bootstrap.WidenedOf(sample, Mean, 0.95, seed: i)!.Contains(0) ? 1 : 0;
        }

        // Two and a half standard errors of the count; the plain interval is below them.
        var error = 2.5 * Math.Sqrt(0.95 * 0.05 / samples);
        TestContext.Current.TestOutputHelper?.WriteLine(FormattableString.Invariant($"{size} observations: plain {(double)plain / samples:0.000}, widened {(double)widened / samples:0.000}"));
        Assert.InRange((double)widened / samples, 0.95 - error, 0.95 + error);
        Assert.InRange((double)plain / samples, 0.5, 0.95 - error);

        static double Mean(IReadOnlyList<double> values)
        {
            var sum = 0.0;
            for (var i = 0; i < values.Count; i++)
            {
                sum += values[i];
            }

            return sum / values.Count;
        }
    }

    [Fact]
    public void A_widened_interval_has_the_ends_of_the_plain_one_moved_by_one_factor()
    {
        double[] five = [3, 1, 4, 1, 5];
        var (plain, widened) = (Bootstrap.Of(five, s => s.Average(), 0.95, 1)!, Bootstrap.WidenedOf(five, s => s.Average(), 0.95, 1)!);

        // √(5/4) · 2.7764 / 1.9602, about the mean of 2.8.
        Assert.Equal(2.8 - (1.58359 * (2.8 - plain.Low)), widened.Low, tolerance: 1e-4);
        Assert.Equal(2.8 + (1.58359 * (plain.High - 2.8)), widened.High, tolerance: 1e-4);
    }

    // R: binom.test(k, n)$p.value.
    [Theory]
    [InlineData(5, 0, 0.0625)]
    [InlineData(0, 6, 0.03125)]
    [InlineData(8, 2, 0.109375)]
    [InlineData(1, 9, 0.021484375)]
    [InlineData(3, 3, 1)]
    [InlineData(0, 0, 1)]
    public void The_sign_test_is_exact(int lower, int higher, double p) => Assert.Equal(p, SignTest.Of(lower, higher), precision: 12);

    [Fact]
    public void The_pareto_set_has_what_no_other_beats_everywhere()
    {
        double[][] choices = [[1, 9], [5, 5], [9, 1], [6, 6], [5, 5], [2, 9]];

        Assert.Equal([0, 1, 2, 4], ParetoSet.Of(choices));
    }

    [Fact]
    public void Nothing_dominates_what_it_cannot_be_compared_with() => Assert.Equal([0, 1], ParetoSet.Of([[double.NaN], [1]]));
}
