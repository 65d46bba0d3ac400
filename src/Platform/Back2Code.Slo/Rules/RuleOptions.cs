namespace Back2Code.Slo;

/// <summary>How rules are generated: the same SLO file serves production (the defaults) and the lab (scaled time).</summary>
public sealed record RuleOptions
{
    /// <summary>What every window is divided by: 1 in production, 720 in the lab, where an hour becomes five seconds. 1 to 100,000.</summary>
    public decimal TimeScale { get; init; } = 1;

    /// <summary>How often Prometheus scrapes, 100 ms to 5 min. No window is shorter than three of these, so that a rate always has samples. Default 15 s.</summary>
    public TimeSpan ScrapeInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How often the rules are evaluated, at most the shortest window. Null (the default) means the same as <see cref="ScrapeInterval"/>.</summary>
    public TimeSpan? EvaluationInterval { get; init; }

    /// <summary>Failed events that the long window must hold before an alert fires, 0 to 1,000,000: a handful of stray failures pages nobody. Default 6.</summary>
    public int MinimumBadEvents { get; init; } = 6;

    /// <summary>Where the runbooks are; the alert's name in lower case follows as the fragment.</summary>
    public string RunbookBase { get; init; } = "docs/runbooks/alerts.md";

    /// <summary>Checks every range at once.</summary>
    /// <exception cref="ArgumentException">At least one value is out of range; the message lists all.</exception>
    internal void Validate()
    {
        var wrong = new List<string>();
        if (TimeScale is < 1 or > 100_000)
        {
            wrong.Add($"{nameof(TimeScale)} is {TimeScale}; allowed: 1 to 100000");
        }

        if (ScrapeInterval < TimeSpan.FromMilliseconds(100) || ScrapeInterval > TimeSpan.FromMinutes(5))
        {
            wrong.Add($"{nameof(ScrapeInterval)} is {ScrapeInterval}; allowed: 100 ms to 5 min");
        }

        if (EvaluationInterval is { } interval && (interval < TimeSpan.FromMilliseconds(100) || interval > TimeSpan.FromMinutes(5)))
        {
            wrong.Add($"{nameof(EvaluationInterval)} is {interval}; allowed: 100 ms to 5 min");
        }

        if (MinimumBadEvents is < 0 or > 1_000_000)
        {
            wrong.Add($"{nameof(MinimumBadEvents)} is {MinimumBadEvents}; allowed: 0 to 1000000");
        }

        if (wrong.Count > 0)
        {
            throw new ArgumentException(string.Join("; ", wrong), "options");
        }
    }
}
