using Back2Code.Monitoring;

namespace Back2Code.UnitTests.Monitoring;

public sealed class SteadyClockTests
{
    private static readonly DateTimeOffset Start = Notifications.At(0);

    private readonly SettableTime _time = new(Start);

    [Fact]
    public void It_tells_the_machine_s_time()
    {
        var clock = new SteadyClock(_time);
        _time.Pass(TimeSpan.FromSeconds(5));

        Assert.Equal(Start.AddSeconds(5), clock.Now);
    }

    [Fact]
    public void When_the_machine_s_clock_is_set_back_it_goes_on_at_half_speed_until_the_two_meet()
    {
        var clock = new SteadyClock(_time);
        _ = clock.Now;
        _time.Set(-60);

        DateTimeOffset before = clock.Now;
        _time.Pass(TimeSpan.FromSeconds(10));
        DateTimeOffset after = clock.Now;
        _time.Pass(TimeSpan.FromSeconds(200));

        Assert.Equal((Start, Start.AddSeconds(5)), (before, after));
        Assert.Equal(Start.AddSeconds(150), clock.Now);
    }

    [Fact]
    public void It_begins_where_the_last_process_stopped()
    {
        var clock = new SteadyClock(_time);

        clock.NotBefore(Start.AddSeconds(30));

        Assert.Equal(Start.AddSeconds(30), clock.Now);
    }

    [Fact]
    public void A_record_from_far_ahead_is_not_believed()
    {
        var clock = new SteadyClock(_time);

        clock.NotBefore(Start.AddYears(10));

        Assert.Equal(Start, clock.Now);
    }

    private sealed class SettableTime(DateTimeOffset start) : TimeProvider
    {
        private TimeSpan _passed;
        private TimeSpan _offset;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _passed.Ticks;

        public override DateTimeOffset GetUtcNow() => start + _passed + _offset;

        public void Pass(TimeSpan time) => _passed += time;

        public void Set(int seconds) => _offset = TimeSpan.FromSeconds(seconds);
    }
}
