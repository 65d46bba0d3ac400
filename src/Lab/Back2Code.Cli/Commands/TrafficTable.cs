using System.Globalization;
using Back2Code.Lab.Traffic;
using Back2Code.Lab.Traffic.Verification;

namespace Back2Code.Cli.Commands;

/// <summary>Traffic told to a person: a line a second under a heading, as vmstat does, so that it also reads well in a file.</summary>
internal sealed class TrafficTable : TrafficReport
{
    private const int LinesBetweenHeadings = 20;
    private const int SecondsBetweenProgress = 5;
    private int _lines;
    private double _told;

    public override void Ready(TrafficReady ready) =>
        Print($"{ready.Notes} notes of {ready.Users} users are there; the first requests leave. Each line is complete once its last request has ended.");

    public override void Second(TrafficSecond second)
    {
        if (_lines++ % LinesBetweenHeadings == 0)
        {
            Print($"{"UTC",-9} {"phase",-7} {"sent",6} {"ok",6} {"failed",6} {"in flight",9} {"p50 ms",9} {"p95 ms",9} {"p99 ms",9}  not ok");
        }

        string trouble = string.Join(' ', second.Statuses.Where(s => !s.Key.StartsWith('2')).Select(s => $"{s.Key}×{s.Value}"));
        string late = second.Behind ? $" GENERATOR LATE by up to {Number(second.BehindMs)} ms" : "";
        Print($"{second.At:HH:mm:ss}  {second.Phase,-7} {second.Sent,6} {second.Ok,6} {second.Failed,6} {second.InFlight,9} {Number(second.P50Ms),9} {Number(second.P95Ms),9} {Number(second.P99Ms),9}  {trouble}{late}");
    }

    public override void Summary(TrafficSummary summary)
    {
        Print($"");
        Print($"{summary.Total} requests from {summary.MeasuredFrom:HH:mm:ss} to {summary.EndedAt:HH:mm:ss} UTC, {summary.Failed} failed ({100 * summary.FailedRatio:0.###} %)");
        Print($"{"",-22} {"p50 ms",9} {"p95 ms",9} {"p99 ms",9} {"max ms",9} {"requests",9} {"failed",9}");
        Line("response (intended)", summary.LatencyMs, summary.Total, summary.Failed);
        Line("service (actual)", summary.ServiceMs, null, null);
        foreach (var (name, journey) in summary.ByJourney)
        {
            Line($"  {name}", journey.LatencyMs, journey.Total, journey.Failed);
        }

        if (summary.FirstFailureAt is not null)
        {
            string recovered = summary.RecoveredAt is { } at ? $"{at:HH:mm:ss.fff}" : "not recovered";
            Print($"Failures from {summary.FirstFailureAt:HH:mm:ss.fff} to {summary.LastFailureAt:HH:mm:ss.fff}; recovered: {recovered}. Outcomes: {string.Join(' ', summary.Statuses.Select(s => $"{s.Key}×{s.Value}"))}");
        }

        if (summary.StaleReads > 0)
        {
            Print($"Stale reads: {summary.StaleReads}, of which {summary.UndeclaredStaleReads} did not say so.");
        }

        Print($"Generator: {summary.GeneratorCpuPercent} % of a core; departures at most {Number(summary.BehindMs)} ms late, p99 {Number(summary.BehindP99Ms)} ms.");
        if (summary.SecondsBehind > 0)
        {
            Print($"THE GENERATOR ITSELF WAS LATE in {summary.SecondsBehind} seconds: it had too little processor, and response times there are partly its own.");
        }

        if (summary.ShedByGenerator > 0)
        {
            Print($"THE GENERATOR SHED {summary.ShedByGenerator} REQUESTS: more were in flight than --max-in-flight allows. They count as failed and have no latency.");
        }
    }

    public override void Progress(VerificationProgress progress)
    {
        if (progress.Seconds - _told >= SecondsBetweenProgress)
        {
            _told = progress.Seconds;
            Print($"… {progress.Confirmed} of {progress.Acknowledged} writes found as they should be after {progress.Seconds:0} s");
        }
    }

    public override void Verdict(LedgerVerdict verdict)
    {
        string unreadable = verdict.Unreadable > 0 ? $", {verdict.Unreadable} unreadable" : "";
        Print($"{verdict.Acknowledged} acknowledged writes, {verdict.Verified} verified in {verdict.Seconds:0.0} s: {verdict.Lost} lost, {verdict.Duplicated} duplicated, {verdict.Stale} stale{unreadable}");
        foreach (var finding in verdict.Details)
        {
            Print($"  {finding.Kind}: note {finding.NoteId?.ToString() ?? "?"} version {finding.Version?.ToString(CultureInfo.InvariantCulture) ?? "-"} of {finding.User}: {finding.Text}");
        }

        if (verdict.Unreadable > 0)
        {
            Print($"Unreadable is not lost: the platform did not answer in time. Try again when it does, or with a longer --deadline.");
        }

        if (!verdict.LedgerComplete)
        {
            Print($"The ledger has no end: its generator was killed. Writes of its last moment may be missing.");
        }
    }

    private static void Line(string name, LatencyQuantiles ms, long? total, long? failed) =>
        Print($"{name,-22} {Number(ms.P50),9} {Number(ms.P95),9} {Number(ms.P99),9} {Number(ms.Max),9} {total,9} {failed,9}");

    private static string Number(double? ms) => ms?.ToString("0.00", CultureInfo.InvariantCulture) ?? "-";

    private static void Print(FormattableString line) => Console.Out.WriteLine(FormattableString.Invariant(line));
}
