using Back2Code.Resilience;
using FsCheck;
using FsCheck.Fluent;

namespace Back2Code.UnitTests.Resilience;

public sealed class TokenBucketTests
{
    [Fact]
    public void A_full_bucket_gives_its_burst_at_once_and_then_nothing()
    {
        var buckets = new ProcessBuckets(100, new ManualTime());

        bool[] taken = [.. Enumerable.Range(0, 4).Select(_ => buckets.Take([new("a", new(10, 3))]).Allowed)];

        Assert.Equal([true, true, true, false], taken);
    }

    [Fact]
    public void What_flows_in_may_be_taken_and_no_more_than_fits_is_kept()
    {
        var time = new ManualTime();
        var buckets = new ProcessBuckets(100, time);
        BucketDraw[] draw = [new("a", new(10, 3))];
        Drain(buckets, draw, 3);

        time.Advance(TimeSpan.FromMilliseconds(99));
        bool early = buckets.Take(draw).Allowed;
        time.Advance(TimeSpan.FromMilliseconds(1));
        bool inTime = buckets.Take(draw).Allowed;
        time.Advance(TimeSpan.FromHours(1));

        Assert.Equal((false, true), (early, inTime));
        Assert.Equal(3, Drain(buckets, draw, 10));
    }

    [Fact]
    public void Of_two_buckets_either_both_give_a_token_or_none()
    {
        var buckets = new ProcessBuckets(100, new ManualTime());
        BucketDraw large = new("large", new(1, 5)), small = new("small", new(1, 1));
        buckets.Take([large, small]);

        var refused = buckets.Take([large, small]);

        Assert.False(refused.Allowed);
        Assert.Equal(4, Drain(buckets, [large], 10));
    }

    [Fact]
    public void Callers_beyond_the_capacity_share_one_bucket_until_others_are_full_again()
    {
        var time = new ManualTime();
        var buckets = new ProcessBuckets(2, time);
        var limit = new BucketLimit(1, 1);

        bool[] taken = [.. ((string[])["a", "b", "c", "d", "a"]).Select(key => buckets.Take([new(key, limit)]).Allowed)];
        time.Advance(TimeSpan.FromSeconds(1));
        bool[] later = [.. ((string[])["e", "f"]).Select(key => buckets.Take([new(key, limit)]).Allowed)];

        Assert.Equal([true, true, true, false, false], taken);
        Assert.Equal([true, true], later);
    }

    [Fact]
    public void No_series_of_requests_gets_more_than_the_burst_and_what_flows_in() =>
        Prop.ForAll(
            ArbMap.Default.ArbFor<PositiveInt>(), ArbMap.Default.ArbFor<PositiveInt>(), ArbMap.Default.ArbFor<NonNegativeInt[]>(), static (rate, burst, pauses) =>
            {
                var time = new ManualTime();
                var buckets = new ProcessBuckets(10, time);
                BucketDraw[] draw = [new("a", new(rate.Get, burst.Get))];
                int taken = 0;
                double seconds = 0;
                foreach (var pause in pauses)
                {
                    taken += Drain(buckets, draw, 50);
                    time.Advance(TimeSpan.FromMilliseconds(pause.Get));
                    seconds += pause.Get / 1e3;
                }

                return taken <= burst.Get + (seconds * rate.Get) + 0.001;
            }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(0, 3, 0)]
    [InlineData(100_000, 2, 0)]
    [InlineData(250_000, 0, 50)]
    [InlineData(300_000, 0, 100)]
    public void The_level_follows_from_the_time_until_it_is_full(double untilFull, int tokens, int untilTokenMs)
    {
        var limit = new BucketLimit(10, 3);

        Assert.Equal(tokens, TokenBucket.Tokens(untilFull, limit));
        Assert.Equal(TimeSpan.FromMilliseconds(untilTokenMs), TokenBucket.UntilToken(untilFull, limit));
    }

    private static int Drain(ProcessBuckets buckets, BucketDraw[] draws, int attempts) =>
        Enumerable.Range(0, attempts).Count(_ => buckets.Take(draws).Allowed);
}
