using System.Globalization;

namespace Back2Code.Slo;

/// <summary>OpenSLO's duration: a positive integer and one case-sensitive letter. <c>1m</c> is a minute, <c>1M</c> a month.</summary>
/// <param name="Count">The number, at least 1 (0 only where the field allows it).</param>
/// <param name="Unit">One of m h d w M Q Y.</param>
public readonly record struct DurationShorthand(int Count, char Unit)
{
    /// <summary>What a message offers when the text is something else.</summary>
    internal const string Allowed = "a positive integer and one of m (minutes), h, d, w, M (months), Q, Y, for example 30d";

    /// <summary>Reads the shorthand; refuses signs, fractions, spaces and combined durations.</summary>
    public static bool TryParse(string text, out DurationShorthand duration)
    {
        duration = default;
        if (text is not { Length: >= 2 } || !"mhdwMQY".Contains(text[^1], StringComparison.Ordinal)
            || !int.TryParse(text.AsSpan(..^1), NumberStyles.None, CultureInfo.InvariantCulture, out int count) || count > 100_000)
        {
            return false;
        }

        duration = new DurationShorthand(count, text[^1]);
        return true;
    }

    /// <summary>The exact length; null for months, quarters and years, which have none.</summary>
    public TimeSpan? Length => Unit switch
    {
        'm' => TimeSpan.FromMinutes(Count),
        'h' => TimeSpan.FromHours(Count),
        'd' => TimeSpan.FromDays(Count),
        'w' => TimeSpan.FromDays(7L * Count),
        _ => null,
    };

    /// <summary>The shorthand as it is written.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Count}{Unit}");
}
