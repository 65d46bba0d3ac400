using Back2Code.Lab.Drills;
using Back2Code.Lab.Traffic;

namespace Back2Code.Lab.Reports;

/// <summary>The three charts of a drill: rate, errors, latency, all on one time axis that is zero at the injection.</summary>
internal static class ReportCharts
{
    public static IReadOnlyList<TimeChart> Of(DrillRecord record)
    {
        if (record.Seconds.Count == 0)
        {
            return [];
        }

        var zero = record.InjectedAt ?? record.Traffic?.MeasuredFrom ?? record.Seconds[0].At;
        var seconds = Fill(record.Seconds);
        var first = (seconds[0].At - zero).TotalSeconds;
        var bands = Bands(record, zero);
        var marks = Marks(record, zero);
        var worst = record.Seconds.Max(s => s.Failed);
        var slowest = record.Seconds.Max(s => s.P99Ms) ?? 0;
        var most = record.Seconds.Max(s => s.Sent);
        return
        [
            new TimeChart
            {
                Id = "rate",
                Title = "Requests a second",
                Description = FormattableString.Invariant($"Answered and failed requests in each second, by intended send time; {most} at most."),
                FirstSecond = first,
                Bars = true,
                Series = [Series("answered", "ok", s => s.Ok), Series("failed", "failed", s => s.Failed)],
                Bands = bands,
                Marks = marks,
            },
            new TimeChart
            {
                Id = "errors",
                Title = "Failed requests a second",
                Description = FormattableString.Invariant($"Failed requests in each second; {worst} in the worst."),
                FirstSecond = first,
                Bars = true,
                Series = [Series("failed", "failed", s => s.Failed)],
                Bands = bands,
                Marks = marks,
            },
            new TimeChart
            {
                Id = "latency",
                Title = "Response time (logarithmic)",
                Description = FormattableString.Invariant($"Response time from the intended send time: median, 95th and 99th percentile of each second; the highest 99th percentile is {ReportTime.Milliseconds(slowest)}."),
                FirstSecond = first,
                Logarithmic = true,
                Series = [Series("p99", "p99", s => s.P99Ms), Series("p95", "p95", s => s.P95Ms), Series("p50", "p50", s => s.P50Ms)],
                Bands = bands,
                Marks = marks,
                Label = ms => ms >= 1000 ? FormattableString.Invariant($"{ms / 1000:#,0.##} s") : FormattableString.Invariant($"{ms:0.##} ms"),
            },
        ];

        ChartSeries Series(string name, string style, Func<TrafficSecond, double?> value) => new(name, style, [.. seconds.Select(s => s.Second is { } known ? value(known) : null)]);
    }

    /// <summary>Every second of the span, those without a report included, so that position means time.</summary>
    private static List<(DateTimeOffset At, TrafficSecond? Second)> Fill(IReadOnlyList<TrafficSecond> seconds)
    {
        var start = seconds[0].At;
        var known = seconds.GroupBy(s => (int)Math.Round((s.At - start).TotalSeconds)).ToDictionary(g => g.Key, g => g.First());
        return [.. Enumerable.Range(0, known.Keys.Max() + 1).Select(i => (start.AddSeconds(i), known.GetValueOrDefault(i)))];
    }

    private static List<ChartBand> Bands(DrillRecord record, DateTimeOffset zero)
    {
        if (record.InjectedAt is not { } injected)
        {
            return [];
        }

        if (record.Receipts.Count == 0)
        {
            return [new ChartBand((injected - zero).TotalSeconds, ((record.FaultEndedAt ?? record.EndedAt) - zero).TotalSeconds, "fault")];
        }

        // Faults that stand at the same time are one band; one that comes and goes has several.
        var bands = new List<ChartBand>();
        foreach (var receipt in record.Receipts.OrderBy(r => r.InjectedAt))
        {
            var from = (receipt.InjectedAt - zero).TotalSeconds;
            var to = ((record.Undone.Find(u => u.FaultId == receipt.FaultId)?.UndoneAt ?? record.EndedAt) - zero).TotalSeconds;
            if (bands is [.., var last] && from <= last.To)
            {
                bands[^1] = last with { To = Math.Max(last.To, to) };
            }
            else
            {
                bands.Add(new ChartBand(from, to, "fault"));
            }
        }

        return bands;
    }

    private static List<ChartMark> Marks(DrillRecord record, DateTimeOffset zero)
    {
        var marks = new List<ChartMark>();
        if (record.ExpectedAlert is { } alert)
        {
            marks.Add(new ChartMark((alert.FiredAt - zero).TotalSeconds, "alert fires", "fired"));
            if (alert.ResolvedAt is { } resolved)
            {
                marks.Add(new ChartMark((resolved - zero).TotalSeconds, "alert resolved", "resolved"));
            }
        }

        if (record is { Drill.UsersNotice: true, RecoveredAt: { } recovered })
        {
            marks.Add(new ChartMark((recovered - zero).TotalSeconds, "served again", "recovered"));
        }

        return marks;
    }
}
