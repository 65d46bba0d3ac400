using System.Globalization;

namespace Back2Code.Monitoring.Health;

/// <summary>Measured values as people read them.</summary>
internal static class Amount
{
    private static readonly string[] ByteUnits = ["B", "KiB", "MiB", "GiB", "TiB"];

    public static string Percent(double ratio) => Text($"{ratio * 100:0.#} %");

    public static string Bytes(double bytes)
    {
        int unit = 0;
        while (Math.Abs(bytes) >= 1024 && unit < ByteUnits.Length - 1)
        {
            bytes /= 1024;
            unit++;
        }

        return Text($"{bytes:0.#} {ByteUnits[unit]}");
    }

    /// <summary>From milliseconds to days, in the largest unit that leaves at least two of it.</summary>
    public static string Seconds(double seconds) => Math.Abs(seconds) switch
    {
        < 1 => Text($"{seconds * 1000:0} ms"),
        < 120 => Text($"{seconds:0.#} s"),
        < 2 * 3600 => Text($"{seconds / 60:0} min"),
        < 2 * 86_400 => Text($"{seconds / 3600:0.#} h"),
        _ => Text($"{seconds / 86_400:0.#} d"),
    };

    public static string Count(double count, string singular, string? plural = null) => Text($"{count:#,0} {(count == 1 ? singular : plural ?? singular + "s")}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
