namespace Back2Code.Resilience;

/// <summary>
/// The arithmetic of a token bucket that is kept as one number: the time until it is full again. A full one needs no record, an empty one is full after
/// <see cref="BucketLimit.MicrosecondsToFill"/>, and each token taken puts that off by <see cref="BucketLimit.MicrosecondsPerToken"/>. Pure.
/// </summary>
internal static class TokenBucket
{
    // Sums of a fraction and its product differ in the last digits; half a microsecond is less than a token at any permitted rate.
    private const double Tolerance = 0.5;

    /// <summary>Whether a bucket that is full after <paramref name="untilFull"/> µs has a token.</summary>
    public static bool HasToken(double untilFull, BucketLimit limit) =>
        untilFull + limit.MicrosecondsPerToken <= limit.MicrosecondsToFill + Tolerance;

    /// <summary>Whole tokens in it.</summary>
    public static int Tokens(double untilFull, BucketLimit limit) =>
        Math.Clamp((int)((limit.MicrosecondsToFill + Tolerance - untilFull) / limit.MicrosecondsPerToken), 0, limit.Burst);

    /// <summary>Time until it has a token; zero when it has one.</summary>
    public static TimeSpan UntilToken(double untilFull, BucketLimit limit) =>
        HasToken(untilFull, limit) ? TimeSpan.Zero : TimeSpan.FromMicroseconds(untilFull + limit.MicrosecondsPerToken - limit.MicrosecondsToFill);
}
