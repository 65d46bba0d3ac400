using System.Buffers;
using System.Globalization;

namespace Back2Code.Chaos.Faults;

/// <summary>Durations as drills write them: <c>250ms</c>, <c>3s</c>, <c>1m30s</c>, <c>0.5s</c>, with units ms, s, m, h. A bare number is refused, except 0.</summary>
public static class Durations
{
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");

    public static bool TryParse(string? text, out TimeSpan value)
    {
        value = TimeSpan.Zero;
        if (string.IsNullOrEmpty(text) || text.Length > 32)
        {
            return false;
        }

        if (text == "0")
        {
            return true;
        }

        ReadOnlySpan<char> rest = text;
        decimal totalMs = 0;
        while (!rest.IsEmpty)
        {
            int digits = rest.IndexOfAnyExcept(NumberCharacters);
            if (digits <= 0 || !decimal.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number))
            {
                return false;
            }

            rest = rest[digits..];
            int letters = rest.IndexOfAnyInRange('0', '9');
            var unit = letters < 0 ? rest : rest[..letters];
            decimal unitMs = unit switch { "ms" => 1, "s" => 1_000, "m" => 60_000, "h" => 3_600_000, _ => 0 };
            if (unitMs == 0 || number > 1_000_000_000)
            {
                return false;
            }

            totalMs += number * unitMs;
            rest = rest[unit.Length..];
        }

        // Longer than any drill, and far from where TimeSpan overflows.
        if (totalMs > (decimal)TimeSpan.FromDays(365).TotalMilliseconds)
        {
            return false;
        }

        value = TimeSpan.FromTicks((long)(totalMs * TimeSpan.TicksPerMillisecond));
        return true;
    }

    public static string Format(TimeSpan value) => value switch
    {
        { Ticks: 0 } => "0",
        { TotalSeconds: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{value.TotalMilliseconds:0.###}ms"),
        { TotalMinutes: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{value.TotalSeconds:0.###}s"),
        _ when value.Ticks % TimeSpan.TicksPerHour == 0 => string.Create(CultureInfo.InvariantCulture, $"{value.TotalHours:0}h"),
        _ when value.Ticks % TimeSpan.TicksPerMinute == 0 => string.Create(CultureInfo.InvariantCulture, $"{value.TotalMinutes:0}m"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(long)value.TotalMinutes}m{value.TotalSeconds % 60:0.###}s"),
    };
}
