namespace Back2Code.Lab.Drills;

/// <summary>Figures and verdict of a drill from what is on record. Pure: a report is checked by doing it again from the files that it keeps.</summary>
internal static class DrillFigures
{
    /// <summary>Alerts, times and budget. Traffic, receipts and the ledger's verdict are there already.</summary>
    /// <param name="prometheus">Null when it could not be read.</param>
    public static void Fill(DrillRecord record, PrometheusEvidence? prometheus)
    {
        var kept = record.Evidence;
        if (kept is not { WatchedFrom: { } from, WatchedTo: { } to })
        {
            return;
        }

        IReadOnlyList<DrillAlert> received = kept.Incidents is { } incidents ? IncidentReader.Flatten(incidents, from) : [];
        record.Alerts = AlertMerge.Merge(received, prometheus?.Firing ?? []);
        if (record.ExpectedAlert is { } expected)
        {
            record.DetectedAt = expected.ReceivedAt;
        }

        record.Budget = (prometheus, record.Traffic) switch
        {
            ({ Total: { } total, Failed: { } failed }, _) => ErrorBudget.Of(kept.AvailabilityObjective, total, failed, to - from),
            (_, { } summary) => ErrorBudget.Of(kept.AvailabilityObjective, summary.Total, summary.Failed, summary.EndedAt - summary.MeasuredFrom),
            _ => null,
        };
        record.RecoveredAt = Recovered(record);
    }

    /// <summary>Objectives, status, exit code and reason.</summary>
    public static void Conclude(DrillRecord record)
    {
        var verdict = record.Evidence.Verdict;

        // Objectives of a drill that was not played to its end would be judged on half a record.
        var complete = verdict is null || verdict.ExitCode == 5;
        record.Objectives = complete ? ObjectiveJudge.Judge(record) : [];
        var missed = record.Objectives.Where(o => !o.Met).ToList();
        (record.Status, record.ExitCode, record.Reason) = (verdict, missed) switch
        {
            ({ } v, _) => (v.Status, v.ExitCode, v.Reason),
            (_, { Count: > 0 }) => (DrillStatus.Deviated, 1, "missed " + string.Join("; ", missed.Select(ObjectiveJudge.Describe))),
            _ => (DrillStatus.Completed, 0, (string?)null),
        };
        if (record.ExitCode != 0 && record.Evidence.MachineTrouble is { } trouble)
        {
            record.Reason = $"{trouble}; {record.Reason}";
        }
    }

    /// <summary>
    /// Users: the first success after the last failure, as the traffic generator saw it. Where nobody failed, the end of the expected alert is the
    /// only sign of recovery there is.
    /// </summary>
    private static DateTimeOffset? Recovered(DrillRecord record) => record switch
    {
        { InjectedAt: null } => null,
        { Drill.UsersNotice: true, Traffic: { Failed: > 0 } summary } => summary.RecoveredAt,
        _ => record.ExpectedAlert?.ResolvedAt,
    };
}
