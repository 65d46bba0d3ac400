using System.Security.Cryptography;
using Back2Code.Lab.Drills;

namespace Back2Code.Lab.Campaigns;

/// <summary>
/// What came of one run of a drill, as campaigns, comparisons and sweeps keep it: everything their figures are computed from, so that a file of an earlier one can be
/// read and scored again. Fields are added, never renamed.
/// </summary>
public sealed record RunResult
{
    public required string Drill { get; init; }

    public string? Title { get; init; }

    public string? Module { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>SHA-256 of the drill's file: two runs of different files are not runs of the same drill.</summary>
    public string? FileSha256 { get; init; }

    /// <summary>From 1; the how-manieth time that this drill was run.</summary>
    public int Round { get; init; } = 1;

    public int Seed { get; init; }

    /// <summary>What was different from the file.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    public required string Status { get; init; }

    public required int ExitCode { get; init; }

    public string? Reason { get; init; }

    /// <summary>Folder of its report, relative to the folder that this is in.</summary>
    public string? Report { get; init; }

    public DateTimeOffset StartedAt { get; init; }

    public double Seconds { get; init; }

    public bool UsersNotice { get; init; }

    /// <summary>False for a drill that only watches.</summary>
    public bool Breaks { get; init; }

    public string? ExpectedAlert { get; init; }

    public IReadOnlyList<string> AlertsAllowed { get; init; } = [];

    public IReadOnlyList<string> AlertsForbidden { get; init; } = [];

    public double? MttdSeconds { get; init; }

    public double? SignalSeconds { get; init; }

    public double? MttrSeconds { get; init; }

    public long? Requests { get; init; }

    public long? Failed { get; init; }

    public double? FailedRatio { get; init; }

    /// <summary>Requests a second that users got an answer to, good or bad.</summary>
    public double? RequestRate { get; init; }

    public double? P50Ms { get; init; }

    public double? P95Ms { get; init; }

    public double? P99Ms { get; init; }

    /// <summary>Share of the 30-day error budget.</summary>
    public double? BudgetRatio { get; init; }

    public int? Acknowledged { get; init; }

    public int? Lost { get; init; }

    /// <summary>Faults that were injected, and how many of them were seen on their target.</summary>
    public int Injections { get; init; }

    public int Receipts { get; init; }

    public IReadOnlyList<RunObjective> Objectives { get; init; } = [];

    public IReadOnlyList<RunAlert> Alerts { get; init; } = [];

    /// <summary>The run was played to its end, so that objectives and alerts mean something.</summary>
    public bool IsJudged => ExitCode is 0 or 1 or 5;

    public static RunResult Of(DrillRecord record, string? report, int round) => new()
    {
        Drill = record.Drill.Name,
        Title = record.Drill.Experiment.Title,
        Module = record.Drill.Module,
        Tags = record.Drill.Experiment.Tags,
        FileSha256 = HashOf(record.Drill.File),
        Round = round,
        Seed = record.Seed,
        Settings = record.Evidence.Settings,
        Status = Reports.SummaryJson.StatusName(record.Status),
        ExitCode = record.ExitCode,
        Reason = record.Reason,
        Report = report,
        StartedAt = record.StartedAt,
        Seconds = Math.Round((record.EndedAt - record.StartedAt).TotalSeconds, 3),
        UsersNotice = record.Drill.UsersNotice,
        Breaks = record.Drill.Faults.Count + record.Drill.Experiment.Method.Count > 0,
        ExpectedAlert = record.Drill.ExpectedAlert,
        AlertsAllowed = record.Drill.Objectives.AlertsAllowed,
        AlertsForbidden = record.Drill.Objectives.AlertsForbidden,
        MttdSeconds = record.Mttd?.TotalSeconds,
        SignalSeconds = (record.DetectedAt - record.InjectedAt)?.TotalSeconds,
        MttrSeconds = record.Mttr?.TotalSeconds,
        Requests = record.Traffic?.Total,
        Failed = record.Traffic?.Failed,
        FailedRatio = record.Traffic is { Total: > 0 } traffic ? (double)traffic.Failed / traffic.Total : null,
        RequestRate = record.Traffic is { } t && t.EndedAt > t.MeasuredFrom ? Math.Round(t.Total / (t.EndedAt - t.MeasuredFrom).TotalSeconds, 3) : null,
        P50Ms = record.Traffic?.LatencyMs.P50,
        P95Ms = record.Traffic?.LatencyMs.P95,
        P99Ms = record.Traffic?.LatencyMs.P99,
        BudgetRatio = record.Budget?.BurntRatio,
        Acknowledged = record.Ledger?.Acknowledged,
        Lost = record.Ledger?.Lost,
        Injections = record.Receipts.Count,
        Receipts = record.Receipts.Count(r => r.Observed),
        Objectives = [.. record.Objectives.Select(o => new RunObjective(o.Name, o.Target, o.Measured, o.Met, o.Unit, o.Detail))],
        Alerts = [.. record.Alerts.Select(a => new RunAlert(a.Name, a.Severity, a.ConcernsUsers, a.ReceivedAt is not null))],
    };

    private static string? HashOf(string file) => File.Exists(file) ? Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file))) : null;
}

/// <summary>One objective of a run.</summary>
public sealed record RunObjective(string Name, double Target, double? Measured, bool Met, string Unit, string? Detail);

/// <summary>One firing of an alert.</summary>
/// <param name="Received">Whether monitoring was told of it.</param>
public sealed record RunAlert(string Name, string? Severity, bool ConcernsUsers, bool Received);
