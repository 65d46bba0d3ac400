using System.Globalization;
using Back2Code.Chaos.Faults;
using Back2Code.Lab.Drills.Settings;

namespace Back2Code.Lab.Comparisons;

/// <summary>
/// A setting and the values that it is to take: <c>fault.latency=100ms..3s</c> (five values in equal steps), <c>traffic.rate=60..480:4</c> (four), or each by itself,
/// <c>notes:Resilience__postgres__TotalTimeout=00:00:01,00:00:02</c>.
/// </summary>
public sealed record SweepAxis(string Key, IReadOnlyList<string> Values)
{
    private const int DefaultSteps = 5;
    private const int MostSteps = 50;

    /// <exception cref="DrillSettingException">It is not of that form.</exception>
    public static SweepAxis Parse(string text)
    {
        var at = text.IndexOf('=', StringComparison.Ordinal);
        var (key, rest) = at > 0 ? (text[..at].Trim(), text[(at + 1)..].Trim()) : throw Bad(text, "it has no KEY=");
        var values = rest.Contains("..", StringComparison.Ordinal) ? Range(text, rest) : rest.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (values.Length is < 2 or > MostSteps)
        {
            throw Bad(text, FormattableString.Invariant($"a sweep needs 2 to {MostSteps} values, and this has {values.Length}"));
        }

        // The key is one that settings know, whatever the values.
        _ = DrillSettings.Parse(values.Select(value => $"{key}={value}"));
        return new SweepAxis(key, values);
    }

    private static string[] Range(string text, string rest)
    {
        var ends = rest.Split("..", 2);
        var steps = DefaultSteps;
        if (ends[1].Split(':', 2) is [var end, var count])
        {
            if (!int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out steps) || steps is < 2 or > MostSteps)
            {
                throw Bad(text, FormattableString.Invariant($"':{count}' must be the number of values, 2 to {MostSteps}; for times with colons name each value"));
            }

            ends[1] = end;
        }

        if (Durations.TryParse(ends[0], out var from) && Durations.TryParse(ends[1], out var to) && ends[1] != "0")
        {
            return [.. Steps(from.TotalMilliseconds, to.TotalMilliseconds, steps).Select(ms => Durations.Format(TimeSpan.FromMilliseconds(Math.Round(ms))))];
        }

        if (double.TryParse(ends[0], CultureInfo.InvariantCulture, out var low) && double.TryParse(ends[1], CultureInfo.InvariantCulture, out var high))
        {
            var whole = low % 1 == 0 && high % 1 == 0 && Math.Abs(high - low) >= steps - 1;
            return [.. Steps(low, high, steps).Select(value => (whole ? Math.Round(value) : Math.Round(value, 6)).ToString(CultureInfo.InvariantCulture))];
        }

        throw Bad(text, $"'{ends[0]}' and '{ends[1]}' are neither two durations with units nor two numbers");
    }

    private static IEnumerable<double> Steps(double from, double to, int steps) => Enumerable.Range(0, steps).Select(i => from + ((to - from) * i / (steps - 1)));

    private static DrillSettingException Bad(string text, string why) =>
        new($"--vary '{text}': {why}. Expected KEY=FROM..TO, KEY=FROM..TO:STEPS or KEY=VALUE,VALUE, for example fault.latency=100ms..3s:4.");
}
