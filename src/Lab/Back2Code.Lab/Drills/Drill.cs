using Back2Code.Chaos.Experiments;
using Back2Code.Chaos.Faults;

namespace Back2Code.Lab.Drills;

/// <summary>An experiment plus traffic, faults, the expected signal and objectives.</summary>
public sealed record Drill
{
    /// <summary>The file's name without extension.</summary>
    public required string Name { get; init; }

    public required string File { get; init; }

    public required Experiment Experiment { get; init; }

    public required DrillTraffic Traffic { get; init; }

    public IReadOnlyList<DrillFault> Faults { get; init; } = [];

    /// <summary>What <c>expect</c> says where the platform is to absorb the fault without a word.</summary>
    public const string NoAlert = "none";

    /// <summary>The alert that must report the fault; null when nothing may fire.</summary>
    public string? ExpectedAlert { get; init; }

    /// <summary>Whether the drill says in so many words that nobody is to be told; it then watches until its duration is over.</summary>
    public bool ExpectsSilence { get; init; }

    /// <summary>Whether users feel it. If not, MTTD and MTTR have no meaning, and every alert on a users' SLO is a failure of the drill.</summary>
    public bool UsersNotice { get; init; }

    /// <summary>Upper bound from injection to the end of traffic; the drill ends earlier once everything has recovered. Without faults: how long it watches.</summary>
    public TimeSpan Duration { get; init; }

    public DrillObjectives Objectives { get; init; } = new();

    /// <summary>The module of the curriculum that it belongs to, such as <c>foundations</c>; null for a drill of the user's own.</summary>
    public string? Module { get; init; }

    /// <summary>The heading in <c>docs/runbooks</c> that an operator would be sent to, as <c>file#anchor</c>.</summary>
    public string? Runbook { get; init; }

    /// <summary>What there is to learn.</summary>
    public string? Learn { get; init; }

    /// <summary>What prevents that it happens again.</summary>
    public string? Prevent { get; init; }

    /// <summary>
    /// What the platform's windows must be divided by: the drill's objectives are times in that scale. A platform that the drill starts gets it, one that runs
    /// already must have it.
    /// </summary>
    public decimal TimeScale { get; init; } = Supervision.PlatformOptions.DefaultTimeScale;

    /// <summary>What an operator is to find out when it is hidden in a game day; null when it is not fit for one.</summary>
    public GameDays.GameDayScenario? GameDay { get; init; }
}

/// <summary>What is sent while the drill runs.</summary>
/// <param name="Rate">Requests a second, sent on a schedule whatever the answers.</param>
/// <param name="Warmup">Traffic before measuring begins.</param>
/// <param name="Users">How many users the traffic comes from.</param>
/// <param name="Mix">Shares of the journeys, in the traffic generator's own notation; null for its default.</param>
public sealed record DrillTraffic(int Rate, TimeSpan Warmup, int Users, string? Mix)
{
    /// <summary>Whether the users have tokens of the identity service, which live ten minutes and are renewed, instead of the lab's own.</summary>
    public bool IdentityTokens { get; init; }

    /// <summary>How old such a token gets before it is renewed; two thirds of its life when null.</summary>
    public TimeSpan? Renew { get; init; }
}

/// <summary>One disturbance of the drill.</summary>
/// <param name="For">How long it stands; null for one that happens once, or ends by itself.</param>
public sealed record DrillFault(string Type, string Target, IReadOnlyDictionary<string, string> Parameters, TimeSpan? For)
{
    /// <summary>How long after the drill's first injection.</summary>
    public TimeSpan After { get; init; }

    /// <summary>For a fault that comes and goes; null for one that comes once.</summary>
    public DrillRepeat? Repeat { get; init; }

    /// <summary>How long one injection disturbs: a fault that happens once is over at once; a process that is kept down is over when its time down is.</summary>
    public TimeSpan Stands => For ?? (Parameters.TryGetValue("downFor", out var text) && Durations.TryParse(text, out var down) ? down : TimeSpan.Zero);

    /// <summary>When each injection is due, from the drill's first.</summary>
    public IEnumerable<TimeSpan> Due => Enumerable.Range(0, Repeat?.Times ?? 1).Select(n => After + (n * (Repeat?.Every ?? TimeSpan.Zero)));

    public override string ToString() => $"{Type} on {Target}{(Repeat is { } repeat ? FormattableString.Invariant($", {repeat.Times} times") : "")}";
}

/// <summary>A fault that comes and goes.</summary>
/// <param name="Times">How often it comes, the first time included.</param>
/// <param name="Every">From one coming to the next; longer than it stands, or it would never go.</param>
public sealed record DrillRepeat(int Times, TimeSpan Every);

/// <summary>What must be reached; a null is not judged.</summary>
public sealed record DrillObjectives
{
    /// <summary>From injection until monitoring has the expected alert; where users notice.</summary>
    public TimeSpan? Mttd { get; init; }

    /// <summary>From injection until users are served again.</summary>
    public TimeSpan? Mttr { get; init; }

    /// <summary>From injection until monitoring has the dependency's own warning; where users do not notice.</summary>
    public TimeSpan? Signal { get; init; }

    /// <summary>Share of failed requests, 0 to 1.</summary>
    public decimal? FailedRatio { get; init; }

    /// <summary>Share of the 30-day error budget, 0 to 1. Unlike the failed ratio it does not depend on how long the drill watched: <see cref="ErrorBudget.BurntRatio"/>.</summary>
    public decimal? Budget { get; init; }

    public TimeSpan? P50 { get; init; }

    public TimeSpan? P95 { get; init; }

    public TimeSpan? P99 { get; init; }

    /// <summary>The same for single journeys: what one kind of request keeps while others may not.</summary>
    public IReadOnlyList<JourneyLatency> Latency { get; init; } = [];

    public int Lost { get; init; }

    public int Duplicated { get; init; }

    public int Stale { get; init; }

    /// <summary>Alerts that may fire besides the expected one; <c>*</c> stands for any run of characters.</summary>
    public IReadOnlyList<string> AlertsAllowed { get; init; } = [];

    /// <summary>Alerts that must not fire, even if a pattern allows them.</summary>
    public IReadOnlyList<string> AlertsForbidden { get; init; } = [];

    /// <summary>How many incidents monitoring may have filed the alerts under.</summary>
    public int? Incidents { get; init; }

    /// <summary>How many messages may call somebody, by monitoring's log of what a pager would be sent.</summary>
    public int? Pages { get; init; }
}

/// <summary>Bounds on the response times of one journey of the traffic, such as <c>reads</c>; a null is not judged.</summary>
public sealed record JourneyLatency(string Journey, TimeSpan? P50, TimeSpan? P95, TimeSpan? P99);
