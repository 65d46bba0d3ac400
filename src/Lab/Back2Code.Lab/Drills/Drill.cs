using Back2Code.Chaos.Experiments;

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

    /// <summary>The alert that must report the fault; null when nothing may fire.</summary>
    public string? ExpectedAlert { get; init; }

    /// <summary>Whether users feel it. If not, MTTD and MTTR have no meaning, and every alert on a users' SLO is a failure of the drill.</summary>
    public bool UsersNotice { get; init; }

    /// <summary>Upper bound from injection to the end of traffic; the drill ends earlier once everything has recovered. Without faults: how long it watches.</summary>
    public TimeSpan Duration { get; init; }

    public DrillObjectives Objectives { get; init; } = new();
}

/// <summary>What is sent while the drill runs.</summary>
/// <param name="Rate">Requests a second, sent on a schedule whatever the answers.</param>
/// <param name="Warmup">Traffic before measuring begins.</param>
/// <param name="Users">How many users the traffic comes from.</param>
/// <param name="Mix">Shares of the journeys, in the traffic generator's own notation; null for its default.</param>
public sealed record DrillTraffic(int Rate, TimeSpan Warmup, int Users, string? Mix);

/// <summary>One disturbance of the drill.</summary>
/// <param name="For">How long it stands; null for one that happens once, or ends by itself.</param>
public sealed record DrillFault(string Type, string Target, IReadOnlyDictionary<string, string> Parameters, TimeSpan? For)
{
    public override string ToString() => $"{Type} on {Target}";
}

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

    public TimeSpan? P50 { get; init; }

    public TimeSpan? P95 { get; init; }

    public TimeSpan? P99 { get; init; }

    public int Lost { get; init; }

    public int Duplicated { get; init; }

    public int Stale { get; init; }

    /// <summary>Alerts that may fire besides the expected one.</summary>
    public IReadOnlyList<string> AlertsAllowed { get; init; } = [];
}
