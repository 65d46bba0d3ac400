namespace Back2Code.Lab.Statistics;

/// <summary>Both ends belong to it.</summary>
public sealed record Interval(double Low, double High)
{
    public bool Contains(double value) => value >= Low && value <= High;
}

/// <summary>
/// Confidence intervals by resampling, percentile method: Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 13. Small samples are resampled in
/// every possible way, so that the interval has no luck in it; larger ones ten thousand times from a seed. Of few observations such an interval is too narrow:
/// at 95 % it holds the mean of five in 85 of 100 cases. <see cref="WidenedOf"/> mends that.
/// </summary>
public static class Bootstrap
{
    public const int Resamples = 10_000;

    // 6^6 = 46,656; seven observations would have 823,543.
    private const int MostToEnumerate = 50_000;

    // Student's t with so many degrees agrees with the normal distribution in four digits.
    private const int AlmostNormal = 10_000;

    /// <param name="sample">Independent observations, not empty; a pair is one observation.</param>
    /// <param name="statistic">Of a sample of the same size.</param>
    /// <param name="confidence">For example 0.95.</param>
    /// <returns>Null when the statistic is not a number for some resample.</returns>
    public static Interval? Of<T>(IReadOnlyList<T> sample, Func<IReadOnlyList<T>, double> statistic, double confidence, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfZero(sample.Count);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(confidence, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(confidence, 1);
        double[] values = [.. (Math.Pow(sample.Count, sample.Count) <= MostToEnumerate ? All(sample) : Drawn(sample, seed)).Select(statistic)];
        if (values.Any(double.IsNaN) || values.Any(double.IsInfinity))
        {
            return null;
        }

        Array.Sort(values);
        var tail = (1 - confidence) / 2;
        return new Interval(Quantiles.Of(values, tail), Quantiles.Of(values, 1 - tail));
    }

    /// <summary>
    /// The percentile interval, its ends moved away from the estimate: by √(n/(n−1)), because resamples spread as if divided by n, and by Student's t over the
    /// normal quantile, because the spread is itself an estimate. These are the two corrections of Hesterberg, "What Teachers Should Know About the Bootstrap"
    /// (The American Statistician 69, 2015), who applies them to the quantiles' levels; five observations have too few resamples so far out.
    /// </summary>
    /// <inheritdoc cref="Of"/>
    public static Interval? WidenedOf<T>(IReadOnlyList<T> sample, Func<IReadOnlyList<T>, double> statistic, double confidence, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sample.Count, 2);
        if (Of(sample, statistic, confidence, seed) is not { } interval)
        {
            return null;
        }

        var estimate = statistic(sample);
        var factor = Math.Sqrt(sample.Count / (sample.Count - 1.0)) * StudentT.Within(confidence, sample.Count - 1) / StudentT.Within(confidence, AlmostNormal);
        return new Interval(estimate - (factor * (estimate - interval.Low)), estimate + (factor * (interval.High - estimate)));
    }

    private static IEnumerable<T[]> All<T>(IReadOnlyList<T> sample)
    {
        var indices = new int[sample.Count];
        while (true)
        {
            yield return [.. indices.Select(i => sample[i])];

            // Counts in base n, the last place first.
            var place = indices.Length - 1;
            while (place >= 0 && ++indices[place] == sample.Count)
            {
                indices[place--] = 0;
            }

            if (place < 0)
            {
                yield break;
            }
        }
    }

    private static IEnumerable<T[]> Drawn<T>(IReadOnlyList<T> sample, int seed)
    {
        // Repeatable by design; nothing here is a secret.
#pragma warning disable CA5394
        var random = new Random(seed);
        for (var i = 0; i < Resamples; i++)
        {
            yield return [.. Enumerable.Range(0, sample.Count).Select(_ => sample[random.Next(sample.Count)])];
        }
#pragma warning restore CA5394
    }
}
