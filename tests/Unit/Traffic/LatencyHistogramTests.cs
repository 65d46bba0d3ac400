using Back2Code.Lab.Traffic;
using FsCheck;
using FsCheck.Fluent;

namespace Back2Code.UnitTests.Traffic;

public sealed class LatencyHistogramTests
{
    private const long Microsecond = 1_000;
    private const long Hour = 3_600_000_000_000;

    // Spread over all magnitudes, as latencies are: uniform numbers would all be about half an hour.
    private static readonly Arbitrary<long[]> Durations =
        Gen.Choose(0, 31).SelectMany(octave => Gen.Choose(0, int.MaxValue).Select(part => Math.Min(Hour, (Microsecond << octave) + (long)((Microsecond << octave) * (part / (double)int.MaxValue)))))
            .NonEmptyListOf().Select(list => list.ToArray()).ToArbitrary();

    [Fact]
    public void Every_quantile_is_within_one_percent_of_the_exact_one() =>
        Prop.ForAll(Durations, durations =>
        {
            var histogram = Recorded(durations);
            long[] sorted = [.. durations.Order()];
            return new[] { 0, 0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 1 }.All(quantile =>
            {
                long exact = sorted[Math.Max(1, (int)Math.Ceiling(quantile * sorted.Length)) - 1];
                return Math.Abs(histogram.QuantileNs(quantile)!.Value - exact) <= exact * 0.01;
            });
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Merging_is_the_same_as_recording_everything_in_one() =>
        Prop.ForAll(Durations, Durations, (left, right) =>
        {
            var merged = Recorded(left);
            merged.Add(Recorded(right));
            var whole = Recorded([.. left, .. right]);
            return merged.Count == whole.Count && merged.LargestNs == whole.LargestNs && new[] { 0.1, 0.5, 0.99, 1 }.All(q => merged.QuantileNs(q) == whole.QuantileNs(q));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Quantiles_never_fall_as_their_share_grows() =>
        Prop.ForAll(Durations, durations =>
        {
            var histogram = Recorded(durations);
            long[] quantiles = [.. Enumerable.Range(0, 101).Select(p => histogram.QuantileNs(p / 100.0)!.Value)];
            return quantiles.SequenceEqual(quantiles.Order()) && quantiles[^1] <= histogram.LargestNs;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_largest_value_is_exact()
    {
        var histogram = Recorded([1_234_567, 987_654_321, 5]);

        Assert.Equal(987_654_321, histogram.LargestNs);
    }

    [Fact]
    public void Empty_has_no_quantiles()
    {
        var histogram = new LatencyHistogram();

        Assert.Null(histogram.QuantileNs(0.5));
        Assert.Equal(new LatencyQuantiles(null, null, null, null), histogram.ToQuantiles());
    }

    [Fact]
    public void More_than_an_hour_counts_as_an_hour_and_less_than_nothing_as_nothing()
    {
        var histogram = Recorded([long.MaxValue, -1]);

        Assert.Equal(Hour, histogram.LargestNs);
        Assert.Equal(0, histogram.QuantileNs(0));
        Assert.Equal(2, histogram.Count);
    }

    [Fact]
    public async Task Nothing_is_missed_when_several_threads_record_at_once()
    {
        const int Each = 200_000;
        var histogram = new LatencyHistogram();

        await Task.WhenAll(Enumerable.Range(1, 4).Select(worker => Task.Run(() =>
        {
            for (int i = 0; i < Each; i++)
            {
                histogram.Record(worker * 1_000L);
            }
        })));

        Assert.Equal(4 * Each, histogram.Count);
        Assert.Equal(4_000, histogram.LargestNs);
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    [InlineData(double.NaN)]
    public void A_quantile_out_of_range_is_refused(double quantile) => Assert.Throws<ArgumentOutOfRangeException>(() => new LatencyHistogram().QuantileNs(quantile));

    private static LatencyHistogram Recorded(long[] durations)
    {
        var histogram = new LatencyHistogram();
        foreach (long duration in durations)
        {
            histogram.Record(duration);
        }

        return histogram;
    }
}
