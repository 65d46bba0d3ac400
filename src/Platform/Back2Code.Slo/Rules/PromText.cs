using System.Globalization;
using System.Text;

namespace Back2Code.Slo;

/// <summary>How Prometheus writes durations and numbers, and how its rule files quote text.</summary>
internal static class PromText
{
    public static string Duration(TimeSpan length)
    {
        if (length <= TimeSpan.Zero)
        {
            return "0s";
        }

        var text = new StringBuilder();
        Append(text, length.Days, "d");
        Append(text, length.Hours, "h");
        Append(text, length.Minutes, "m");
        Append(text, length.Seconds, "s");
        Append(text, length.Milliseconds, "ms");
        return text.ToString();
    }

    /// <summary>Plain decimal digits, no trailing zeros, at most twelve places: far below what an alert can tell apart.</summary>
    public static string Number(decimal value) =>
        decimal.Round(value, 12).ToString("0.############", CultureInfo.InvariantCulture);

    public static string Percent(decimal share) => Number(share * 100) + " %";

    /// <summary>Text as a YAML scalar: in single quotes, where PromQL's own quotes stay readable, or in double quotes if it holds control characters.</summary>
    public static string Quoted(string text) => text.Any(char.IsControl)
        ? System.Text.Json.JsonSerializer.Serialize(text) // JSON strings are YAML strings
        : $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary><c>notes-availability</c> becomes <c>NotesAvailability</c>.</summary>
    public static string Pascal(string name) =>
        string.Concat(name.Split('-', StringSplitOptions.RemoveEmptyEntries).Select(part => char.ToUpperInvariant(part[0]) + part[1..]));

    private static void Append(StringBuilder text, int count, string unit)
    {
        if (count > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"{count}{unit}");
        }
    }
}
