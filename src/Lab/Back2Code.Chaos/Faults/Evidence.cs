using System.Globalization;

namespace Back2Code.Chaos.Faults;

/// <summary>What was seen on one target of a fault, and whether it shows the effect.</summary>
internal sealed record Evidence(string Line, bool Observed)
{
    public static Evidence Seen(FormattableString line) => new(line.ToString(CultureInfo.InvariantCulture), true);

    public static Evidence NotSeen(FormattableString line) => new(line.ToString(CultureInfo.InvariantCulture), false);
}
