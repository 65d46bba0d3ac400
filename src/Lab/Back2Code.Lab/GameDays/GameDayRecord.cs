using Back2Code.Chaos.Faults;
using Back2Code.Lab.Drills;
using Back2Code.Lab.Supervision;
using Back2Code.Lab.Traffic;
using Back2Code.Lab.Traffic.Verification;

namespace Back2Code.Lab.GameDays;

/// <summary>Everything known about one game day: the single source of its report.</summary>
public sealed class GameDayRecord
{
    public required GameDayPlan Plan { get; init; }

    /// <summary>Who plays.</summary>
    public required string Operator { get; init; }

    public required bool Blind { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset EndedAt { get; set; }

    public List<PlayedRound> Rounds { get; } = [];

    public IReadOnlyList<OperatorAct> Acts { get; set; } = [];

    public IReadOnlyList<TrafficSecond> Seconds { get; set; } = [];

    public TrafficSummary? Traffic { get; set; }

    public LedgerVerdict? Ledger { get; set; }

    /// <summary>What the operator left behind other than it was: a server out of the gateway's balance, a process that is not ready.</summary>
    public List<string> Collateral { get; } = [];

    /// <summary>What was done with the platform's own controls.</summary>
    public IReadOnlyList<OperatorControl> Controls { get; set; } = [];

    public List<string> Notes { get; } = [];

    public decimal AvailabilityObjective { get; init; }

    /// <summary>Null until it is scored.</summary>
    public GameDayScore? Score { get; set; }

    /// <summary>Why it proves nothing; null when it was played.</summary>
    public string? Invalid { get; set; }
}

/// <summary>One fault that was injected.</summary>
public sealed record PlayedRound
{
    public required Drill Drill { get; init; }

    public required IReadOnlyList<Receipt> Receipts { get; init; }

    public required DateTimeOffset InjectedAt { get; init; }

    /// <summary>When the game day took its own fault back, whether or not it still had any effect.</summary>
    public DateTimeOffset EndedAt { get; init; }

    /// <summary>The alerts that fired meanwhile; null when they could not be read.</summary>
    public IReadOnlyList<DrillAlert>? Alerts { get; init; } = [];
}
