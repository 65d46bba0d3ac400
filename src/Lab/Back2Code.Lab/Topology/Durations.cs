using System.Globalization;

namespace Back2Code.Lab.Topology;

/// <summary>Durations as people write them: 200ms, 5s, 1.5m, 2h.</summary>
internal static class Durations
{
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        var digits = text.TakeWhile(c => char.IsAsciiDigit(c) || c == '.').Count();
        if (!double.TryParse(text.AsSpan(0, digits), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value))
        {
            return false;
        }

        double? seconds = text[digits..] switch
        {
            "ms" => value / 1000,
            "s" => value,
            "m" => value * 60,
            "h" => value * 3600,
            _ => null,
        };
        // A day bounds it, so that a slip of a unit is an error and not an overflow.
        if (seconds is not { } s || s > 86_400)
        {
            return false;
        }

        duration = TimeSpan.FromSeconds(s);
        return true;
    }
}
