using System.ComponentModel.DataAnnotations;
using Back2Code.Resilience;
using Microsoft.Extensions.Logging.Abstractions;

namespace Back2Code.UnitTests.Resilience;

public sealed class ChaosSwitchTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly SkewableTime _clock;
    private readonly ChaosSwitch _switch;
    private readonly DisturbanceKinds _kinds;

    public ChaosSwitchTests()
    {
        _clock = new SkewableTime(_time);
        _switch = new ChaosSwitch(_clock);
        _kinds = new DisturbanceKinds(_switch, _clock, NullLoggerFactory.Instance);
    }

    [Theory]
    [InlineData(0.01, 1000, 10)]
    [InlineData(0.1, 1000, 100)]
    [InlineData(1.0, 50, 50)]
    public async Task The_share_of_failed_requests_is_the_one_asked_for(double ratio, int requests, int expected)
    {
        var errors = Start(ratio);

        int failed = 0;
        for (int i = 0; i < requests; i++)
        {
            failed += await errors.StrikesAsync("/v1/notes", CancellationToken.None) ? 1 : 0;
        }

        Assert.InRange(failed, expected - 1, expected + 1);
        Assert.Equal((requests, failed), (errors.Seen, errors.Struck));
    }

    [Fact]
    public async Task In_every_stretch_of_three_hundred_requests_one_percent_is_three_give_or_take_one()
    {
        var errors = Start(0.01);
        var struck = new bool[10_000];
        for (int i = 0; i < struck.Length; i++)
        {
            struck[i] = await errors.StrikesAsync("/v1/notes", CancellationToken.None);
        }

        Assert.All(Enumerable.Range(0, 9_700), start => Assert.InRange(struck.AsSpan(start, 300).Count(true), 2, 4));
    }

    [Fact]
    public void Without_an_order_nothing_stands() => Assert.Empty(_switch.All());

    [Fact]
    public async Task Other_routes_are_not_touched_and_not_counted()
    {
        var errors = Start(1, "/v1/notes");

        Assert.False(await errors.StrikesAsync("/health/ready", CancellationToken.None));
        Assert.False(await errors.StrikesAsync("/v1/notifications", CancellationToken.None));
        Assert.Equal(0, errors.Seen);
    }

    [Fact]
    public async Task A_disturbance_ends_with_its_lease_and_the_counts_remain()
    {
        var errors = Start(1);
        Assert.True(await errors.StrikesAsync("/v1/notes", CancellationToken.None));

        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.Null(_switch.Of<RequestDisturbance>("errors"));
        Assert.Equal((1, 1), (_switch.Find("errors", "f1")!.Seen, _switch.Find("errors", "f1")!.Struck));
        Assert.True(_switch.TryStart(_kinds.Create("errors", "f2", Order())));
    }

    [Fact]
    public void A_second_one_of_a_kind_is_refused_while_the_first_stands_and_another_kind_is_not()
    {
        Start(0.5);

        Assert.False(_switch.TryStart(_kinds.Create("errors", "f2", Order())));
        Assert.True(_switch.TryStart(_kinds.Create("hang-on-stop", "f3", Order())));
        Assert.NotNull(_switch.Stop("errors", "f1"));
        Assert.True(_switch.TryStart(_kinds.Create("errors", "f2", Order())));
    }

    [Fact]
    public void Stopping_twice_or_what_is_unknown_finds_nothing()
    {
        Start(1);

        Assert.Null(_switch.Stop("errors", "f2"));
        Assert.NotNull(_switch.Stop("errors", "f1"));
        Assert.Null(_switch.Stop("errors", "f1"));
    }

    [Fact]
    public void A_clock_that_is_put_wrong_moves_the_time_of_day_and_no_duration_and_comes_right_with_its_lease()
    {
        long stamp = _clock.GetTimestamp();
        Assert.True(_switch.TryStart(_kinds.Create("clock-skew", "f1", new DisturbanceOrder(10, OffsetSeconds: 3600))));

        Assert.Equal(TimeSpan.FromHours(1), _clock.GetUtcNow() - _time.GetUtcNow());
        Assert.Equal(3600, _switch.Find("clock-skew", "f1")!.Figures["offsetSeconds"]);
        Assert.Equal(TimeSpan.Zero, _clock.GetElapsedTime(stamp));

        // The lease follows the true clock: an hour ahead, it would be over at once.
        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.NotNull(_switch.Of<ClockSkew>("clock-skew"));

        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(_time.GetUtcNow(), _clock.GetUtcNow());
    }

    [Fact]
    public void A_memory_leak_holds_what_it_was_told_to_and_lets_go_of_it()
    {
        Assert.True(_switch.TryStart(_kinds.Create("memory-leak", "f1", new DisturbanceOrder(60, Rate: 10, Limit: 7))));

        _time.Advance(TimeSpan.FromSeconds(5));
        var leak = _switch.Find("memory-leak", "f1")!;
        Assert.Equal(7, leak.Figures["heldBytes"] / (1 << 20));

        _switch.Stop("memory-leak", "f1");
        Assert.Equal(0, leak.Figures["heldBytes"]);
    }

    [Fact]
    public async Task Names_are_slow_to_look_up_addresses_are_not_and_all_is_as_before_when_it_ends()
    {
        Assert.True(_switch.TryStart(_kinds.Create("slow-names", "f1", new DisturbanceOrder(60, DelayMs: 30_000))));
        var names = _switch.Find("slow-names", "f1")!;

        Assert.Single(await System.Net.Dns.GetHostAddressesAsync("127.0.0.1", TestContext.Current.CancellationToken));
        Assert.Equal(0, names.Struck);
        var looking = System.Net.Dns.GetHostAddressesAsync("localhost", TestContext.Current.CancellationToken);
        Assert.True(SpinWait.SpinUntil(() => names.Struck > 0, TimeSpan.FromSeconds(10)));
        Assert.False(looking.IsCompleted);

        _switch.Stop("slow-names", "f1");
        Assert.NotEmpty(await looking.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
        long struck = names.Struck;
        await System.Net.Dns.GetHostAddressesAsync("localhost", TestContext.Current.CancellationToken);
        Assert.Equal(struck, names.Struck);
    }

    [Theory]
    [InlineData("errors", "ratio must be above 0")]
    [InlineData("latency", "delayMs must lie between 1 and 60000")]
    [InlineData("memory-leak", "rate must lie between")]
    [InlineData("dependency-faults", "dependency is missing")]
    [InlineData("clock-skew", "offsetSeconds must lie between")]
    [InlineData("metrics-gap", "how must be one of nothing, empty")]
    [InlineData("earthquake", "There is no disturbance 'earthquake'; there are errors, ")]
    public void An_order_out_of_range_is_refused_by_name(string kind, string words)
    {
        var e = Assert.Throws<FormatException>(() => _kinds.Create(kind, "f1", new DisturbanceOrder(10, Ratio: kind == "errors" ? 1.5 : 1, How: kind == "metrics-gap" ? "loudly" : null)));

        Assert.StartsWith(words, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, "", false)]
    [InlineData(true, "too-short", false)]
    [InlineData(true, "0123456789abcdef01234567", true)]
    [InlineData(false, "", true)]
    public void A_switch_that_is_on_needs_a_secret(bool enabled, string token, bool valid)
    {
        var options = new ChaosOptions { Enabled = enabled, Token = token };

        Assert.Equal(valid, Validator.TryValidateObject(options, new ValidationContext(options), [], validateAllProperties: true));
    }

    [Fact]
    public void It_is_off_unless_somebody_turns_it_on() => Assert.False(new ChaosOptions().Enabled);

    public void Dispose() => _switch.Dispose();

    private static DisturbanceOrder Order(double ratio = 1, string? route = null) => new(10, Ratio: ratio, Route: route);

    private RequestDisturbance Start(double ratio, string? route = null)
    {
        Assert.True(_switch.TryStart(_kinds.Create("errors", "f1", Order(ratio, route))));
        return _switch.Of<RequestDisturbance>("errors")!;
    }
}
