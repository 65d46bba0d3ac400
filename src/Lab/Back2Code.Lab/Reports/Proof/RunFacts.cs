using Back2Code.Chaos.Faults;
using Back2Code.Lab.Drills;
using Back2Code.Lab.Traffic.Verification;

namespace Back2Code.Lab.Reports.Proof;

/// <summary>
/// <c>evidence.json</c>: what the engine itself knew and no other file tells, at full precision: receipts, the instants at which others were asked, its own requests,
/// the settings of the run. With the files beside it, it is a <see cref="DrillRecord"/>.
/// </summary>
internal sealed record RunFacts
{
    public const string FileName = "evidence.json";

    public required string Drill { get; init; }

    /// <summary>Of the drill file, beside this one.</summary>
    public required string DrillFile { get; init; }

    public required int Seed { get; init; }

    public IReadOnlyList<string> Settings { get; init; } = [];

    public string? DocsPath { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public required DateTimeOffset EndedAt { get; init; }

    public DateTimeOffset? WatchedFrom { get; init; }

    public DateTimeOffset? WatchedTo { get; init; }

    public DateTimeOffset? CountedFrom { get; init; }

    public DateTimeOffset? CountedTo { get; init; }

    public DateTimeOffset? MethodAt { get; init; }

    public DateTimeOffset? SteadyAt { get; init; }

    public decimal AvailabilityObjective { get; init; }

    public int Prepared { get; init; }

    public int OwnAnswers { get; init; }

    public int OwnFailures { get; init; }

    public Verdict? Verdict { get; init; }

    public string? MachineTrouble { get; init; }

    public IReadOnlyList<Receipt> Receipts { get; init; } = [];

    public IReadOnlyList<UndoReceipt> Undone { get; init; } = [];

    public IReadOnlyList<PhaseRecord> Phases { get; init; } = [];

    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>From monitoring's log of pages; null when it could not be read.</summary>
    public IReadOnlyList<DrillPage>? Pages { get; init; }

    /// <summary>As `traffic verify` gave it; judged again from ledger and read-back.</summary>
    public LedgerVerdict? Ledger { get; init; }

    public static RunFacts Of(DrillRecord record, string drillFile) => new()
    {
        Drill = record.Drill.Name,
        DrillFile = drillFile,
        Seed = record.Seed,
        Settings = record.Evidence.Settings,
        DocsPath = record.Evidence.DocsPath,
        StartedAt = record.StartedAt,
        EndedAt = record.EndedAt,
        WatchedFrom = record.Evidence.WatchedFrom,
        WatchedTo = record.Evidence.WatchedTo,
        CountedFrom = record.Evidence.CountedFrom,
        CountedTo = record.Evidence.CountedTo,
        MethodAt = record.Evidence.MethodAt,
        SteadyAt = record.SteadyAt,
        AvailabilityObjective = record.Evidence.AvailabilityObjective,
        Prepared = record.Evidence.Prepared,
        OwnAnswers = record.Evidence.OwnAnswers,
        OwnFailures = record.Evidence.OwnFailures,
        Verdict = record.Evidence.Verdict,
        MachineTrouble = record.Evidence.MachineTrouble,
        Receipts = record.Receipts,
        Undone = record.Undone,
        Phases = record.Phases,
        Notes = record.Notes,
        Pages = record.Pages,
        Ledger = record.Ledger,
    };

    /// <summary>The record as far as these facts go; the rest is computed.</summary>
    public DrillRecord ToRecord(Drill drill)
    {
        var record = new DrillRecord
        {
            Drill = drill,
            StartedAt = StartedAt,
            EndedAt = EndedAt,
            Seed = Seed,
            SteadyAt = SteadyAt,
            InjectedAt = Receipts is [var first, ..] ? first.InjectedAt : MethodAt,
            FaultEndedAt = Undone.Count == 0 ? null : Undone.Max(u => u.UndoneAt),
            Ledger = Ledger,
            Pages = Pages,
            Evidence = new DrillEvidence
            {
                Settings = Settings,
                DocsPath = DocsPath,
                AvailabilityObjective = AvailabilityObjective,
                WatchedFrom = WatchedFrom,
                WatchedTo = WatchedTo,
                CountedFrom = CountedFrom,
                CountedTo = CountedTo,
                MethodAt = MethodAt,
                Prepared = Prepared,
                OwnAnswers = OwnAnswers,
                OwnFailures = OwnFailures,
                Verdict = Verdict,
                MachineTrouble = MachineTrouble,
            },
        };
        record.Receipts.AddRange(Receipts);
        record.Undone.AddRange(Undone);
        record.Phases.AddRange(Phases);
        record.Notes.AddRange(Notes);
        return record;
    }
}
