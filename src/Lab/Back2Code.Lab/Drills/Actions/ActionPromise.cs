using System.Globalization;
using System.Text.RegularExpressions;
using Back2Code.Chaos.Faults;

namespace Back2Code.Lab.Drills.Actions;

/// <summary>What an action item promises, as an objective of a drill.</summary>
/// <param name="Objective">Its key in a drill file.</param>
/// <param name="Text">Its value as a drill file has it: 8s, 0.1, 1.</param>
/// <param name="Bound">The same as a number, in seconds, milliseconds, shares or counts.</param>
/// <param name="Assumed">True when nobody wrote it: then it is a proposal.</param>
public sealed partial record ActionPromise(string Objective, string Text, double Bound, bool Assumed)
{
    private static readonly string[] Times = ["mttd", "mttr", "signal"];
    private static readonly string[] Latencies = ["p50", "p95", "p99"];
    private static readonly string[] Shares = ["failedRatio", "budget"];

    /// <summary>Promises written in the title of an action item, such as "open the breaker sooner: mttr &lt;= 8s, failedRatio &lt;= 10 %".</summary>
    public static IReadOnlyList<ActionPromise> In(string title) => [.. Pattern().Matches(title).Select(Read).OfType<ActionPromise>()];

    internal static ActionPromise OfSeconds(string objective, double seconds, bool assumed)
    {
        // Tenths are what a lab that looks once a second can be held to.
        var rounded = Math.Max(0.1, Math.Round(seconds, 1, MidpointRounding.ToZero));
        return new ActionPromise(objective, Durations.Format(TimeSpan.FromSeconds(rounded)), rounded, assumed);
    }

    internal static ActionPromise OfShare(string objective, double share, bool assumed)
    {
        // Two digits that mean something, never more than was asked for.
        var digits = share <= 0 ? 0 : Math.Clamp(2 - (int)Math.Ceiling(Math.Log10(share)), 0, 12);
        var rounded = Math.Round((decimal)share, digits, MidpointRounding.ToZero);
        return new ActionPromise(objective, rounded.ToString("0.############", CultureInfo.InvariantCulture), (double)rounded, assumed);
    }

    private static ActionPromise? Read(Match match)
    {
        var (key, value, unit) = (match.Groups["key"].Value, match.Groups["value"].Value, match.Groups["unit"].Value);
        if (Times.Contains(key) || Latencies.Contains(key))
        {
            return Durations.TryParse(value + unit, out var time) && time > TimeSpan.Zero
                ? new ActionPromise(key, Durations.Format(time), Times.Contains(key) ? time.TotalSeconds : time.TotalMilliseconds, Assumed: false)
                : null;
        }

        if (!decimal.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) || unit is not ("" or "%"))
        {
            return null;
        }

        if (Shares.Contains(key))
        {
            number = unit == "%" ? number / 100 : number;
            return number <= 1 ? new ActionPromise(key, number.ToString("0.############", CultureInfo.InvariantCulture), (double)number, Assumed: false) : null;
        }

        return unit.Length == 0 && number % 1 == 0 ? new ActionPromise(key, number.ToString("0", CultureInfo.InvariantCulture), (double)number, Assumed: false) : null;
    }

    [GeneratedRegex(@"\b(?<key>mttd|mttr|signal|failedRatio|budget|p50|p95|p99|incidents|pages)\s*(?:<=|≤|at most)\s*(?<value>[0-9]+(?:\.[0-9]+)?)\s*(?<unit>ms|s|m|%)?(?![A-Za-z0-9])", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
