namespace Back2Code.Slo;

/// <summary>One window of a budget.</summary>
/// <param name="Name">As recordings are named: the production window's, whatever the time scale.</param>
/// <param name="Nominal">Length in production.</param>
/// <param name="Length">As Prometheus will see it: scaled.</param>
/// <param name="Source">What its counts are read from.</param>
internal sealed record RuleWindow(string Name, TimeSpan Nominal, TimeSpan Length, WindowSource Source)
{
    /// <summary>Summed from counts that are recorded already, because reading the raw samples again would cost too much.</summary>
    public bool IsChained => Source != WindowSource.Scrapes;

    public string Range { get; } = PromText.Duration(Length);

    /// <summary>
    /// For sums of recordings. These stand at exact multiples of the interval, so a range that ended exactly on one would hold one too many
    /// (Prometheus before 3.0 includes both ends).
    /// </summary>
    public string SumRange { get; } = PromText.Duration(Length - TimeSpan.FromMilliseconds(1));
}

/// <summary>What a window's counts are summed from: each is made of the one before.</summary>
internal enum WindowSource
{
    Scrapes,
    Steps,
    Blocks,
}

/// <summary>The windows that a budget needs, from the shortest to the period.</summary>
internal sealed class WindowPlan
{
    // What the page pairs of the workbook look at first is read from scrapes. Longer windows are summed from steps, which costs a rule for all budgets instead
    // of two for each; but where scaling makes an hour a few scrapes long, one that is half a minute or a minute of them is read as well, as a witness of what
    // steps may have missed.
    private const int LeastWitnessScrapes = 30;
    private const int MostWitnessScrapes = 60;
    private static readonly TimeSpan RawNominal = TimeSpan.FromHours(1);

    // A day of two minutes each. Three days, a month of them are read at every evaluation for every count: then blocks are summed, and the window is as long
    // as it should be or up to a block longer (an hour in three days, or in thirty).
    private const int MostSteps = 720;
    private const int StepsInBlock = 30;

    // Longer steps would leave Prometheus' five minutes of looking back no margin for an evaluation that comes late.
    private static readonly TimeSpan LongestStep = TimeSpan.FromMinutes(2);

    // Whether there is traffic at all is told from this window, so every budget has it.
    private static readonly TimeSpan Base = TimeSpan.FromMinutes(5);

    private readonly RuleOptions _options;
    private readonly SortedDictionary<TimeSpan, RuleWindow> _windows = [];

    public WindowPlan(RuleOptions options, IEnumerable<TimeSpan> nominal, TimeSpan period, string periodName, bool isCalendar)
    {
        _options = options;
        (Interval, Step) = Intervals(options);
        foreach (TimeSpan window in nominal.Append(Base))
        {
            _windows.TryAdd(window, Window(window));
        }

        if (isCalendar)
        {
            Period = new RuleWindow(periodName, period, Scale(period), WindowSource.Steps);
        }
        else
        {
            _windows.TryAdd(period, Window(period));
            Period = _windows[period];
        }
    }

    /// <summary>How often short windows and alerts are evaluated.</summary>
    public TimeSpan Interval { get; }

    /// <summary>How often chained windows are evaluated, and what they are summed from.</summary>
    public TimeSpan Step { get; }

    /// <summary>A counter that was not scraped for so long is no longer taken to stand where it stood.</summary>
    public TimeSpan ReadingAge => _options.ScrapeInterval * 10;

    /// <summary>How long a block of steps is.</summary>
    public TimeSpan Block => Step * StepsInBlock;

    /// <summary>The longest window that is read from what was scraped: it tells what a step has missed.</summary>
    public RuleWindow Witness => _windows.Values.Last(w => !w.IsChained);

    /// <summary>The rolling windows in order of length.</summary>
    public IReadOnlyCollection<RuleWindow> Rolling => _windows.Values;

    /// <summary>The budget's period; one of <see cref="Rolling"/> unless it is a calendar window.</summary>
    public RuleWindow Period { get; }

    public RuleWindow Shortest => _windows.Values.First();

    public static (TimeSpan Interval, TimeSpan Step) Intervals(RuleOptions options)
    {
        TimeSpan interval = options.EvaluationInterval ?? options.ScrapeInterval;
        return (interval, interval * Math.Max(1, (long)(LongestStep.Ticks / options.TimeScale / interval.Ticks)));
    }

    /// <summary>The rolling window of that name, or null.</summary>
    public RuleWindow? Find(string name) => _windows.Values.FirstOrDefault(w => w.Name == name);

    public RuleWindow Named(string name) => Find(name)!;

    /// <summary>Scaled, the window is as long as the shortest that every budget has: then it is read once.</summary>
    public bool IsCopy(RuleWindow window) => window.Nominal != Base && window.Length == _windows[Base].Length;

    /// <summary>Divides by the time scale, rounds up to whole seconds, and never goes below three scrapes: a rate needs two samples even when one is late.</summary>
    public TimeSpan Scale(TimeSpan nominal)
    {
        decimal ticks = Math.Ceiling(nominal.Ticks / _options.TimeScale / TimeSpan.TicksPerSecond) * TimeSpan.TicksPerSecond;
        TimeSpan shortest = _options.ScrapeInterval * 3;
        return (decimal)shortest.Ticks > ticks ? shortest : new TimeSpan((long)ticks);
    }

    private RuleWindow Window(TimeSpan nominal)
    {
        TimeSpan length = Scale(nominal);
        bool isWitness = length >= _options.ScrapeInterval * LeastWitnessScrapes && length <= _options.ScrapeInterval * MostWitnessScrapes;
        WindowSource source = nominal <= RawNominal || isWitness ? WindowSource.Scrapes
            : length <= Step * MostSteps ? WindowSource.Steps
            : WindowSource.Blocks;
        return new(PromText.Duration(nominal), nominal, length, source);
    }
}
