using Back2Code.Chaos.Experiments;
using Back2Code.Chaos.Faults;
using Back2Code.Lab.Traffic;
using Back2Code.Lab.Traffic.Verification;

namespace Back2Code.Lab.Drills;

/// <summary>How a drill ended, with the exit code of each way.</summary>
public enum DrillStatus
{
    /// <summary>Every objective met. Exit code 0.</summary>
    Completed,

    /// <summary>An objective missed. Exit code 1.</summary>
    Deviated,

    /// <summary>The fault is not proved to have taken place, so nothing was learnt. Exit code 4.</summary>
    Invalid,

    /// <summary>The steady state was not there (3, nothing was injected) or did not come back (5).</summary>
    Failed,

    /// <summary>Stopped by its operator. Exit code 130.</summary>
    Interrupted,
}

/// <summary>Everything known about one run of a drill: the single source of the report.</summary>
public sealed class DrillRecord
{
    public required Drill Drill { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset EndedAt { get; set; }

    public int Seed { get; init; }

    public DrillStatus Status { get; set; }

    public int ExitCode { get; set; }

    /// <summary>Why it did not complete; one sentence, null when it did.</summary>
    public string? Reason { get; set; }

    /// <summary>Just before the first act of the first fault.</summary>
    public DateTimeOffset? InjectedAt { get; set; }

    /// <summary>When the last fault was undone or ended by itself.</summary>
    public DateTimeOffset? FaultEndedAt { get; set; }

    /// <summary>When monitoring had the expected alert.</summary>
    public DateTimeOffset? DetectedAt { get; set; }

    /// <summary>When users were served again; where they noticed nothing, when the expected warning was over.</summary>
    public DateTimeOffset? RecoveredAt { get; set; }

    /// <summary>When the hypothesis held again.</summary>
    public DateTimeOffset? SteadyAt { get; set; }

    public List<PhaseRecord> Phases { get; } = [];

    public IReadOnlyList<TrafficSecond> Seconds { get; set; } = [];

    public TrafficSummary? Traffic { get; set; }

    public LedgerVerdict? Ledger { get; set; }

    public ErrorBudget? Budget { get; set; }

    public IReadOnlyList<DrillAlert> Alerts { get; set; } = [];

    /// <summary>Messages with which somebody would have been called; null when that is not known.</summary>
    public IReadOnlyList<DrillPage>? Pages { get; set; }

    /// <summary>Figures of the report beside what Prometheus has of the same; empty when they could not be compared.</summary>
    public IReadOnlyList<FigureAgreement> Figures { get; set; } = [];

    public List<Receipt> Receipts { get; } = [];

    public List<UndoReceipt> Undone { get; } = [];

    public IReadOnlyList<Objective> Objectives { get; set; } = [];

    /// <summary>Remarks that a reader of the report should know: leftovers healed, a generator that was behind, evidence that could not be read.</summary>
    public List<string> Notes { get; } = [];

    public ExperimentJournal? Journal { get; set; }

    /// <summary>What the figures were taken from.</summary>
    public DrillEvidence Evidence { get; init; } = new();

    public TimeSpan? Mttd => Drill.UsersNotice ? DetectedAt - InjectedAt : null;

    public TimeSpan? Mttr => Drill.UsersNotice ? RecoveredAt - InjectedAt : null;

    public DrillAlert? ExpectedAlert => InjectedAt is null ? null : Alerts.FirstOrDefault(a => a.Name == Drill.ExpectedAlert && a.FiredAt >= InjectedAt - AlertSlack);

    /// <summary>An alert's startsAt is the time of the evaluation, which may be stamped a little before it ran.</summary>
    internal static readonly TimeSpan AlertSlack = TimeSpan.FromSeconds(1);
}
