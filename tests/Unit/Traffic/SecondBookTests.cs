using Back2Code.Lab.Traffic;

namespace Back2Code.UnitTests.Traffic;

public sealed class SecondBookTests
{
    private readonly ManualTime _time = new();
    private readonly RunClock _clock;
    private readonly SecondBook _book;

    public SecondBookTests()
    {
        _clock = new RunClock(_time);
        _book = new SecondBook(_clock);
    }

    [Fact]
    public void A_second_is_closed_when_it_is_over_and_its_last_request_has_ended()
    {
        _book.Depart(Ms(100));
        _book.Depart(Ms(200));
        _book.NothingBefore(Ms(900));
        _time.AdvanceTo(760);
        var beforeAnswers = _book.TryClose();

        _book.End(Ended(200, 300));
        var beforeLast = _book.TryClose();
        _book.End(Ended(100, 755));
        var closed = _book.TryClose();

        Assert.Null(beforeAnswers);
        Assert.Null(beforeLast);
        Assert.NotNull(closed);
        Assert.Equal([Ms(100), Ms(200)], closed.Outcomes.Select(o => o.IntendedNs));
    }

    [Fact]
    public void A_second_stays_open_while_a_request_of_it_may_still_be_due()
    {
        _book.NothingBefore(Ms(700));
        _time.AdvanceTo(5_000);
        var late = _book.TryClose();

        _book.NothingBefore(Ms(750));
        var closed = _book.TryClose();

        Assert.Null(late);
        Assert.NotNull(closed);
    }

    [Fact]
    public void Seconds_come_in_order_with_the_empty_ones()
    {
        _book.Depart(Ms(10));
        _book.Depart(Ms(2_800));
        _book.Finish(Ms(3_000));
        _book.End(Ended(2_800, 2_900));
        var waiting = _book.TryClose();

        _book.End(Ended(10, 2_950));
        List<ClosedSecond> seconds = [];
        while (_book.TryClose() is { } second)
        {
            seconds.Add(second);
        }

        Assert.Null(waiting);
        Assert.Equal([1, 0, 0, 1], seconds.Select(s => s.Outcomes.Count));
        Assert.Equal([0L, 1, 2, 3], seconds.Select(s => s.Second - seconds[0].Second));
        Assert.Equal(ManualTime.Start.ToUnixTimeSeconds(), seconds[0].Second);
    }

    [Fact]
    public void In_flight_counts_what_had_no_answer_when_the_second_was_over()
    {
        _book.Depart(Ms(100));
        _book.Depart(Ms(1_000));
        _book.Finish(Ms(1_700));
        _book.End(Ended(100, 2_000));
        _book.End(Ended(1_000, 1_100));

        int[] inFlight = [_book.TryClose()!.InFlight, _book.TryClose()!.InFlight];

        Assert.Equal([1, 1], inFlight);
        Assert.Null(_book.TryClose());
    }

    [Fact]
    public void Stopping_far_before_the_next_arrival_adds_no_seconds_of_the_future()
    {
        _book.NothingBefore(Ms(60_000));
        _time.AdvanceTo(1_000);
        _book.Finish(Ms(1_000));

        var seconds = new[] { _book.TryClose(), _book.TryClose(), _book.TryClose() };

        Assert.Equal([false, false, true], seconds.Select(s => s is null));
    }

    private static long Ms(long ms) => ms * 1_000_000;

    private static Outcome Ended(long intendedMs, long endedMs) => new(Ms(intendedMs), Journey.Reads, "200", Ok: true, Ms(intendedMs), Ms(endedMs));
}
