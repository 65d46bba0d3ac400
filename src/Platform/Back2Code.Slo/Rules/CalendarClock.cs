using System.Globalization;
using System.Text;

namespace Back2Code.Slo;

/// <summary>
/// Numbers the calendar windows in PromQL: the expression changes its value exactly where a window begins. PromQL knows only UTC, so the zone's
/// changes of offset stand in the expression, to <see cref="LastYear"/>.
/// </summary>
internal static class CalendarClock
{
    /// <summary>No change of a zone's offset is known beyond: rules of governments, announced years ahead at best.</summary>
    public const int LastYear = 2040;

    private const int FirstYear = 2025;

    public static bool CanExpress(SloWindow window) => window.Duration.Length is not null || window.CalendarStart is { Day: <= 28 };

    public static string Index(SloWindow window, TimeSpan period, RuleOptions options)
    {
        var start = new DateTimeOffset(DateTime.SpecifyKind(window.CalendarStart!.Value, DateTimeKind.Unspecified), TimeSpan.Zero);
        if (options.TimeScale != 1)
        {
            // Scaled time has no months and no summer: every window has the period's usual length.
            return $"floor(vector((time() - {Text(start.ToUnixTimeSeconds())}) / {PromText.Number((decimal)period.TotalSeconds / options.TimeScale)}))";
        }

        string local = "time() + " + Offset(TimeZoneInfo.FindSystemTimeZoneById(window.TimeZone!));
        if (window.Duration.Length is { } length)
        {
            return $"floor(vector(({local} - {Text(start.ToUnixTimeSeconds())}) / {Text((long)length.TotalSeconds)}))";
        }

        // Moved back by the start's day and time, each window begins on the first of a month at midnight, where PromQL's own calendar counts.
        long shift = (long)(start - new DateTimeOffset(start.Year, start.Month, 1, 0, 0, 0, TimeSpan.Zero)).TotalSeconds;
        int months = window.Duration.Count * window.Duration.Unit switch { 'M' => 1, 'Q' => 3, _ => 12 };
        string moved = $"vector({local} - {Text(shift)})";
        return $"floor((year({moved}) * 12 + month({moved}) - {Text((start.Year * 12) + start.Month)}) / {Text(months)})";
    }

    private static string Offset(TimeZoneInfo zone)
    {
        var from = new DateTimeOffset(FirstYear, 1, 1, 0, 0, 0, TimeSpan.Zero);
        TimeSpan offset = zone.GetUtcOffset(from);
        var text = new StringBuilder("(").Append(Text((long)offset.TotalSeconds));
        for (DateTimeOffset day = from; day.Year <= LastYear; day = day.AddDays(1))
        {
            TimeSpan next = zone.GetUtcOffset(day.AddDays(1));
            if (next != offset)
            {
                long change = (long)(next - offset).TotalSeconds;
                text.Append(change < 0 ? " - " : " + ").Append(Text(Math.Abs(change))).Append(" * (time() >= bool ").Append(Text(MomentOfChange(zone, day, offset))).Append(')');
                offset = next;
            }
        }

        return text.Append(')').ToString();
    }

    private static long MomentOfChange(TimeZoneInfo zone, DateTimeOffset day, TimeSpan before)
    {
        (long low, long high) = (day.ToUnixTimeSeconds(), day.AddDays(1).ToUnixTimeSeconds());
        while (high - low > 1)
        {
            long middle = (low + high) / 2;
            if (zone.GetUtcOffset(DateTimeOffset.FromUnixTimeSeconds(middle)) == before)
            {
                low = middle;
            }
            else
            {
                high = middle;
            }
        }

        return high;
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
