namespace Back2Code.Lab.Statistics;

/// <summary>Quantiles of a small sample by linear interpolation between order statistics: type 7 of Hyndman and Fan, "Sample Quantiles in Statistical Packages" (1996), the default of R and NumPy.</summary>
public static class Quantiles
{
    /// <param name="sorted">In rising order, not empty.</param>
    /// <param name="share">0 to 1.</param>
    public static double Of(IReadOnlyList<double> sorted, double share)
    {
        ArgumentOutOfRangeException.ThrowIfZero(sorted.Count);
        ArgumentOutOfRangeException.ThrowIfNegative(share);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(share, 1);
        var place = share * (sorted.Count - 1);
        var below = (int)Math.Floor(place);
        var above = Math.Min(below + 1, sorted.Count - 1);
        return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
    }

    public static double Median(IEnumerable<double> values) => Of([.. values.Order()], 0.5);

    /// <summary>
    /// The median distance from the median, times 1.4826, which makes it an estimate of the standard deviation where the noise is normal and lets one wild value
    /// count for nothing: Rousseeuw and Croux, "Alternatives to the Median Absolute Deviation" (1993). Zero for fewer than two values.
    /// </summary>
    public static double Spread(IReadOnlyList<double> values)
    {
        if (values.Count < 2)
        {
            return 0;
        }

        var middle = Median(values);
        return 1.4826 * Median(values.Select(value => Math.Abs(value - middle)));
    }
}

/// <summary>How the values of one figure lie, over the runs that have it.</summary>
public sealed record Distribution(int Count, double Minimum, double Median, double P95, double Maximum, double Mean)
{
    /// <summary>Null when there is no value.</summary>
    public static Distribution? Of(IEnumerable<double?> values)
    {
        double[] sorted = [.. values.OfType<double>().Order()];
        return sorted.Length == 0 ? null : new Distribution(sorted.Length, sorted[0], Quantiles.Of(sorted, 0.5), Quantiles.Of(sorted, 0.95), sorted[^1], sorted.Average());
    }
}
