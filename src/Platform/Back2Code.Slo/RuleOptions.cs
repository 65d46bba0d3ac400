namespace Back2Code.Slo;

/// <summary>How rules are generated: the same SLO file serves production (the defaults) and the lab (scaled time).</summary>
public sealed record RuleOptions
{
    /// <summary>What every window is divided by: 1 in production, 720 in the lab, where an hour becomes five seconds. 1 to 100,000.</summary>
    public decimal TimeScale { get; init; } = 1;

    /// <summary>How often Prometheus scrapes. No window is shorter than three of these, so that a rate always has samples. Default 15 s.</summary>
    public TimeSpan ScrapeInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How often the rules are evaluated. Default 15 s; null means the same as <see cref="ScrapeInterval"/>.</summary>
    public TimeSpan? EvaluationInterval { get; init; }

    /// <summary>Failed events that the long window must hold before an alert fires: a handful of stray failures pages nobody. Default 6.</summary>
    public int MinimumBadEvents { get; init; } = 6;

    /// <summary>Where the runbooks are; the alert's name in lower case follows as the fragment.</summary>
    public string RunbookBase { get; init; } = "docs/runbooks/alerts.md";
}
