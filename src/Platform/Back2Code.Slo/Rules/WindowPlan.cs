namespace Back2Code.Slo;

/// <summary>One window as Prometheus will see it.</summary>
/// <param name="Length">Scaled length.</param>
/// <param name="IsChained">True: averaged from the shortest window's recording, because reading the raw samples again would cost too much.</param>
internal sealed record RuleWindow(TimeSpan Length, bool IsChained)
{
    public string Name { get; } = PromText.Duration(Length);

    public decimal Seconds { get; } = Length.Ticks / (decimal)TimeSpan.TicksPerSecond;
}

/// <summary>The windows that an SLO needs, scaled and each only once.</summary>
internal sealed class WindowPlan
{
    // An hour at Prometheus' usual 15 s. Up to there a rate reads the raw samples, exact to the scrape; beyond, it is chained, which blurs the window's
    // edges by one base window - at most a fiftieth of its length.
    private const int MaximumRawScrapes = 240;

    private readonly RuleOptions _options;
    private readonly SortedDictionary<TimeSpan, RuleWindow> _windows = [];

    public WindowPlan(RuleOptions options, IEnumerable<TimeSpan> nominal)
    {
        _options = options;
        foreach (TimeSpan window in nominal.Select(Scale))
        {
            _windows.TryAdd(window, new RuleWindow(window, window > options.ScrapeInterval * MaximumRawScrapes));
        }
    }

    public IReadOnlyCollection<RuleWindow> All => _windows.Values;

    /// <summary>The shortest: what chained windows are averaged from.</summary>
    public RuleWindow Base => _windows.Values.First();

    public RuleWindow For(TimeSpan nominal) => _windows[Scale(nominal)];

    /// <summary>Divides by the time scale, rounds up to whole seconds, and never goes below three scrapes: a rate needs two samples even when one is late.</summary>
    private TimeSpan Scale(TimeSpan nominal)
    {
        decimal ticks = Math.Ceiling(nominal.Ticks / _options.TimeScale / TimeSpan.TicksPerSecond) * TimeSpan.TicksPerSecond;
        TimeSpan shortest = _options.ScrapeInterval * 3;
        return (decimal)shortest.Ticks > ticks ? shortest : new TimeSpan((long)ticks);
    }
}
