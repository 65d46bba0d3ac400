using Back2Code.Lab.Drills;

namespace Back2Code.Lab.Reports;

/// <summary>One figure of the summary.</summary>
/// <param name="Note">What it means or is compared with; small print.</param>
internal sealed record Fact(string Name, string Value, string? Note = null, bool? Good = null);

/// <summary>The figures at the top of a report.</summary>
internal static class Facts
{
    public static IReadOnlyList<Fact> Of(DrillRecord record)
    {
        var objectives = record.Drill.Objectives;
        var traffic = record.Traffic;
        var facts = new List<Fact>();
        if (record.Drill.UsersNotice)
        {
            facts.Add(new Fact("MTTD", ReportTime.Seconds(record.Mttd), Bound(objectives.Mttd), Met(record, "mttd")));
            facts.Add(new Fact("MTTR", ReportTime.Seconds(record.Mttr), Bound(objectives.Mttr), Met(record, "mttr")));
        }
        else if (record.Drill.ExpectedAlert is not null)
        {
            facts.Add(new Fact("Warning after", ReportTime.Seconds(record.DetectedAt - record.InjectedAt), Bound(objectives.Signal), Met(record, "signal")));
        }

        if (traffic is not null)
        {
            facts.Add(new Fact("Failed requests", FormattableString.Invariant($"{traffic.Failed:#,0} of {traffic.Total:#,0}"), ReportTime.Percent(traffic.FailedRatio), Met(record, "failedRatio")));
            facts.Add(new Fact("Latency p50 / p95 / p99", $"{ReportTime.Milliseconds(traffic.LatencyMs.P50)} / {ReportTime.Milliseconds(traffic.LatencyMs.P95)} / {ReportTime.Milliseconds(traffic.LatencyMs.P99)}", "from the intended send time"));
        }

        if (record.Budget is { } budget)
        {
            facts.Add(new Fact("Error budget burnt", ReportTime.Percent(budget.BurntRatio), FormattableString.Invariant($"of 30 days at {budget.Objective * 100:0.###} %, at this rate of requests{(objectives.Budget is { } bound ? $", objective {ReportTime.Percent((double)bound)}" : "")}"), Met(record, "budget")));
        }

        if (objectives.Incidents is { } incidents)
        {
            var filed = record.Alerts.Where(a => a.IncidentId is not null).ToList();
            facts.Add(new Fact("Incidents", FormattableString.Invariant($"{filed.Select(a => a.IncidentId).Distinct().Count()} for {filed.Count} firings"), FormattableString.Invariant($"objective {incidents}"), Met(record, "incidents")));
        }

        if (record.Ledger is { } ledger)
        {
            facts.Add(new Fact("Ledger", FormattableString.Invariant($"{ledger.Verified:#,0} of {ledger.Acknowledged:#,0} writes verified"), FormattableString.Invariant($"{ledger.Lost} lost, {ledger.Duplicated} duplicated, {ledger.Stale} stale{(ledger.Unreadable > 0 ? $", {ledger.Unreadable} unreadable" : "")}"), ledger.Clean));
        }

        return facts;
    }

    private static string? Bound(TimeSpan? bound) => bound is { } b ? $"objective {ReportTime.Seconds(b)}" : null;

    private static bool? Met(DrillRecord record, string objective) => record.Objectives.FirstOrDefault(o => o.Name == objective)?.Met;
}
