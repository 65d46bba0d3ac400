using Back2Code.Lab.Drills;

namespace Back2Code.Lab.Reports;

/// <summary>The sentences of a report, each derived from the record. What the record does not know is said to be unknown.</summary>
internal static class Narrative
{
    public static string Verdict(DrillRecord record) => record.Status switch
    {
        DrillStatus.Completed => "Every objective was met.",
        DrillStatus.Deviated => $"{record.Objectives.Count(o => !o.Met)} of {record.Objectives.Count} objectives were missed.",
        DrillStatus.Invalid => "The drill is invalid: it proves nothing about the platform.",
        DrillStatus.Failed when record.ExitCode == 3 => "The platform was not in its steady state, so nothing was injected.",
        DrillStatus.Failed => "The platform did not return to its steady state.",
        _ => "The drill was interrupted; what had been changed was taken back.",
    };

    public static string Impact(DrillRecord record)
    {
        if (record.Traffic is not { } traffic)
        {
            return "There is no summary of the traffic, so the impact on users is unknown.";
        }

        if (traffic.Failed == 0)
        {
            return FormattableString.Invariant($"No user noticed: all {traffic.Total:#,0} requests were answered as promised.");
        }

        var span = traffic.LastFailureAt - traffic.FirstFailureAt;
        return FormattableString.Invariant(
            $"{(record.Drill.UsersNotice ? "" : "Users should have noticed nothing, but ")}{traffic.Failed:#,0} of {traffic.Total:#,0} requests failed ({ReportTime.Percent(traffic.FailedRatio)}), the first at {ReportTime.Clock(traffic.FirstFailureAt ?? traffic.StartedAt)} and the last {ReportTime.Seconds(span)} later.");
    }

    /// <summary>Outcomes other than success, most frequent first.</summary>
    public static string? Failures(DrillRecord record)
    {
        var failures = (record.Traffic?.Statuses ?? new Dictionary<string, long>())
            .Where(s => !s.Key.StartsWith('2'))
            .OrderByDescending(s => s.Value)
            .Select(s => FormattableString.Invariant($"{s.Key} × {s.Value:#,0}"))
            .ToList();
        return failures.Count == 0 ? null : string.Join(", ", failures);
    }

    public static string WhatFailed(DrillRecord record) => record.Receipts.Count switch
    {
        0 when record.Drill.Faults.Count == 0 => "Nothing was broken. " + Impact(record),
        0 => "Nothing was broken: no fault was injected.",
        _ => $"{string.Join("; ", record.Receipts.Select(r => $"{r.Target}, by {r.Type}"))}. {Impact(record)}",
    };

    public static string WhatDetected(DrillRecord record)
    {
        if (record.Drill.ExpectedAlert is not { } expected)
        {
            return record.Alerts.Count == 0 ? "No alert fired, as it should be." : $"Nothing should have fired, but these did: {Names(record.Alerts)}.";
        }

        if (record.ExpectedAlert is not { } alert || record.InjectedAt is not { } injected)
        {
            return record.InjectedAt is null ? "Nothing was injected, so there was nothing to detect." : $"The expected alert {expected} did not fire.{Others(record)}";
        }

        var heard = alert.ReceivedAt is { } received
            ? $"monitoring had it {ReportTime.Seconds(received - injected)} after the injection"
            : "but no notification of it reached monitoring";
        return $"{expected}, which fired {ReportTime.Seconds(alert.FiredAt - injected)} after the injection; {heard}.{Others(record)}";
    }

    public static string WhatRecovered(DrillRecord record)
    {
        if (record.InjectedAt is not { } injected)
        {
            return "Nothing was injected, so there was nothing to recover from.";
        }

        var ended = record.FaultEndedAt is { } over ? $"The last fault was over {ReportTime.Seconds(over - injected)} after the injection. " : "";
        var back = (record.Drill.UsersNotice, record.RecoveredAt) switch
        {
            (true, { } at) => $"Users were served again {ReportTime.Seconds(at - injected)} after the injection{(record.FaultEndedAt is { } o ? $", {Distance(at - o)}" : "")}. ",
            (true, null) => "Users were not served again within the drill. ",
            (false, { } at) => $"{(record.Traffic is { Failed: 0 } ? "Users noticed nothing; t" : "T")}he warning was over {ReportTime.Seconds(at - injected)} after the injection. ",
            (false, null) => "",
        };
        var holds = record.SteadyAt is { } steady ? $"The hypothesis was seen to hold again {ReportTime.Seconds(steady - injected)} after the injection. " : "The hypothesis was not seen to hold again. ";
        return ended + back + holds + "Nobody acted: supervisor, connection pools and circuit breakers did what they do in production.";
    }

    /// <summary>A question, because only a person can answer it; with the evidence that helps.</summary>
    public static (string Question, IReadOnlyList<string> Evidence) HumanDecision(DrillRecord record)
    {
        var evidence = new List<string> { "The record of this drill shows no human action between injection and recovery." };
        if (record is { DetectedAt: { } detected, RecoveredAt: { } recovered })
        {
            evidence.Add(recovered > detected
                ? $"From the alert at {ReportTime.Clock(detected)} to recovery at {ReportTime.Clock(recovered)} a person would have had {ReportTime.Seconds(recovered - detected)}."
                : $"The platform had recovered {ReportTime.Seconds(detected - recovered)} before the alert arrived; a person could only have read about it.");
        }

        if (Failures(record) is { } failures)
        {
            evidence.Add($"What users saw meanwhile: {failures}.");
        }

        evidence.AddRange(record.Objectives.Where(o => !o.Met).Select(o => $"Missed: {ObjectiveJudge.Describe(o)}."));
        return (
            record.Drill.Faults.Count == 0
                ? "Which of the thresholds that stayed silent would you tighten, and what would it have cost in false alarms?"
                : "Which decision would have made this incident shorter or smaller: one taken during it, or one taken long before (time-outs, replicas, budgets, the order in which things restart)? Write it down beside this report.",
            evidence);
    }

    /// <summary>From the report's folder, as long as both stay where they are.</summary>
    public static string RunbookLink(DrillRecord record) => $"{record.Evidence.DocsPath ?? "docs"}/runbooks/{record.Drill.Runbook}";

    public static string Agreement(DrillRecord record)
    {
        var different = record.Figures.Where(f => f.Agrees != true).Select(f => f.Name).ToList();
        return "What the traffic generator and the ledger counted, beside the gateway's counters in Prometheus, from before the first request to after the last. "
            + "Of latency the gateway has a histogram: it cannot tell a percentile, only whether as large a share of its answers lies within. " + (different.Count == 0
            ? "All agree within 1 %."
            : $"Not confirmed within 1 %: {string.Join(", ", different)}. Trust neither before you know why.");
    }

    public static string Agrees(FigureAgreement figure) => figure.Agrees switch { true => "agrees", false => "disagrees", null => "nothing to compare" };

    private static string Distance(TimeSpan span) => span >= TimeSpan.Zero ? $"{ReportTime.Seconds(span)} after that" : $"{ReportTime.Seconds(-span)} before that";

    private static string Others(DrillRecord record)
    {
        var others = record.Alerts.Where(a => a.Name != record.Drill.ExpectedAlert).ToList();
        return others.Count == 0 ? " No other alert fired." : $" Also fired: {Names(others)}.";
    }

    private static string Names(IEnumerable<DrillAlert> alerts) => string.Join(", ", alerts.Select(a => a.Name).Distinct());
}
