using System.Globalization;

namespace Back2Code.Slo;

/// <summary>The annotation that replaces the four pairs of windows, for an SLO whose target or traffic they do not fit.</summary>
internal static class AlertWindowsText
{
    public const string Annotation = "back2code/alert-windows";

    public const string Allowed = "pairs separated by commas: page or ticket, the short and the long window, the share of the budget that the long one may spend, "
        + "for example 'page 5m/1h 2%, ticket 6h/3d 10%'";

    public static bool TryParse(string text, out IReadOnlyList<BurnRatePair>? pairs)
    {
        var read = new List<BurnRatePair>();
        pairs = null;
        foreach (string part in text.Split(','))
        {
            if (Pair(part.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)) is not { } pair)
            {
                return false;
            }

            read.Add(pair);
        }

        // Pages before tickets, each once: the order of the file means nothing.
        pairs = [.. read.OrderBy(p => p.Speed).ThenBy(p => p.LongWindow)];
        return read.DistinctBy(p => (p.Speed, p.LongWindow)).Count() == read.Count;
    }

    private static BurnRatePair? Pair(string[] words)
    {
        if (words is not [("page" or "ticket") and var speed, var windows, [.. var percent, '%']]
            || windows.Split('/') is not [var brief, var extended]
            || !DurationShorthand.TryParse(brief, out DurationShorthand shortWindow) || !DurationShorthand.TryParse(extended, out DurationShorthand longWindow)
            || shortWindow.Length is not { } from || longWindow.Length is not { } to || from <= TimeSpan.Zero || from >= to
            || !decimal.TryParse(percent, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal share) || share is <= 0 or > 100)
        {
            return null;
        }

        return new BurnRatePair(speed == "page" ? BurnSpeed.Fast : BurnSpeed.Slow, from, to, share / 100);
    }
}
