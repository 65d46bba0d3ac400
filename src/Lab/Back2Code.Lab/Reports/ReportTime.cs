using System.Globalization;

namespace Back2Code.Lab.Reports;

/// <summary>How reports write times and amounts.</summary>
internal static class ReportTime
{
    /// <summary>RFC 3339 in UTC with milliseconds.</summary>
    public static string Rfc3339(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    public static string? Rfc3339(DateTimeOffset? time) => time is { } t ? Rfc3339(t) : null;

    /// <summary>The time of day, for timelines whose date stands above.</summary>
    public static string Clock(DateTimeOffset time) => time.UtcDateTime.ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture);

    /// <summary>"+3.21 s" from a reference.</summary>
    public static string Offset(DateTimeOffset time, DateTimeOffset reference) =>
        (time - reference).TotalSeconds.ToString("+0.00 s;-0.00 s;±0.00 s", CultureInfo.InvariantCulture);

    public static string Seconds(TimeSpan? span) => span is { } s ? s.TotalSeconds.ToString("0.00 's'", CultureInfo.InvariantCulture) : "–";

    public static string Milliseconds(double? value) => value is not { } ms ? "–"
        : ms >= 10_000 ? (ms / 1000).ToString("0.0 's'", CultureInfo.InvariantCulture)
        : ms >= 100 ? ms.ToString("#,0 'ms'", CultureInfo.InvariantCulture)
        : ms.ToString("0.0 'ms'", CultureInfo.InvariantCulture);

    public static string Percent(double ratio) => (ratio * 100).ToString("0.###", CultureInfo.InvariantCulture) + " %";

    public static string Count(double value) => value.ToString("#,0", CultureInfo.InvariantCulture);
}
