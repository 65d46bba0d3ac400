namespace Back2Code.Lab.Statistics;

/// <summary>
/// How much two samples overlap, without any assumption about their shape: the share of pairs in which the second is larger, less the share in which it is smaller.
/// −1: every value of the second lies below every value of the first; 0: neither is larger; 1: all above. N. Cliff, "Dominance statistics: Ordinal analyses to
/// answer ordinal questions", Psychological Bulletin 114 (1993).
/// </summary>
public static class CliffsDelta
{
    /// <param name="without">Not empty.</param>
    /// <param name="with">Not empty.</param>
    public static double Of(IReadOnlyCollection<double> without, IReadOnlyCollection<double> with)
    {
        ArgumentOutOfRangeException.ThrowIfZero(without.Count);
        ArgumentOutOfRangeException.ThrowIfZero(with.Count);
        return (double)with.Sum(second => without.Sum(first => Math.Sign(second - first))) / ((double)with.Count * without.Count);
    }

    /// <summary>In words, by the thresholds of Romano and others, "Appropriate statistics for ordinal level data" (2006).</summary>
    public static string Describe(double delta) => Math.Abs(delta) switch
    {
        < 0.147 => "negligible",
        < 0.33 => "small",
        < 0.474 => "medium",
        _ => "large",
    };
}
