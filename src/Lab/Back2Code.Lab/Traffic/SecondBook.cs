namespace Back2Code.Lab.Traffic;

/// <param name="Second">Unix time.</param>
/// <param name="Outcomes">In order of intended send time.</param>
/// <param name="InFlight">Requests intended up to the end of this second that had not ended by then.</param>
internal sealed record ClosedSecond(long Second, IReadOnlyList<Outcome> Outcomes, int InFlight);

/// <summary>
/// Sorts outcomes into the second in which their request should have left, and hands a second out once all of it is known: what times out
/// after five seconds belongs to the second that suffered. Seconds are handed out in order, empty ones too. Holds the seconds of one time-out.
/// </summary>
internal sealed class SecondBook(RunClock clock)
{
    private sealed class OpenSecond
    {
        public List<Outcome> Outcomes { get; } = [];

        public int Awaited { get; set; }

        public int InFlight { get; set; }
    }

    private readonly Lock _gate = new();
    private readonly Dictionary<long, OpenSecond> _open = [];
    private long _next = clock.SecondOf(0);
    private long _frontier = clock.SecondOf(0);
    private long _lastDeparture = clock.SecondOf(0);
    private long _last = long.MaxValue;

    /// <summary>The request of this arrival is about to leave. Arrivals come in order, so earlier seconds now await nothing new.</summary>
    public void Depart(long intendedNs)
    {
        lock (_gate)
        {
            _lastDeparture = _frontier = clock.SecondOf(intendedNs);
            Open_NeedsLock(_frontier).Awaited++;
        }
    }

    /// <summary>No arrival is due before this moment.</summary>
    public void NothingBefore(long intendedNs)
    {
        lock (_gate)
        {
            _frontier = clock.SecondOf(intendedNs);
        }
    }

    /// <summary>Nothing will depart any more; the run's last second is the one that this moment ends or lies in.</summary>
    public void Finish(long endNs)
    {
        lock (_gate)
        {
            _last = Math.Max(clock.SecondOf(Math.Max(0, endNs - 1)), _lastDeparture);
            _frontier = long.MaxValue;
        }
    }

    public void End(in Outcome outcome)
    {
        long intended = clock.SecondOf(outcome.IntendedNs);
        long ended = clock.SecondOf(outcome.EndedNs);
        lock (_gate)
        {
            var second = Open_NeedsLock(intended);
            second.Awaited--;
            second.Outcomes.Add(outcome);
            for (long s = intended; s < ended; s++)
            {
                Open_NeedsLock(s).InFlight++;
            }
        }
    }

    /// <summary>The next second of which everything is known, or null.</summary>
    public ClosedSecond? TryClose()
    {
        lock (_gate)
        {
            bool over = _frontier == long.MaxValue ? _next <= _last : _next < _frontier && _next < clock.SecondOf(clock.NowNs);
            if (!over || (_open.TryGetValue(_next, out var second) && second.Awaited > 0))
            {
                return null;
            }

            _open.Remove(_next);
            second?.Outcomes.Sort(static (a, b) => a.IntendedNs.CompareTo(b.IntendedNs));
            return new ClosedSecond(_next++, second?.Outcomes ?? [], second?.InFlight ?? 0);
        }
    }

    private OpenSecond Open_NeedsLock(long second)
    {
        if (!_open.TryGetValue(second, out var open))
        {
            _open[second] = open = new OpenSecond();
        }

        return open;
    }
}
