namespace Back2Code.Resilience;

/// <summary>The size of a token bucket and what flows into it. A request takes one token.</summary>
/// <param name="PerSecond">Tokens that flow in each second, above 0.</param>
/// <param name="Burst">Tokens that it holds when full, at least 1.</param>
public readonly record struct BucketLimit(double PerSecond, int Burst)
{
    /// <summary>Time in which one token flows in, in µs.</summary>
    public double MicrosecondsPerToken => 1e6 / PerSecond;

    /// <summary>Time in which an empty bucket fills up, in µs.</summary>
    public double MicrosecondsToFill => Burst * MicrosecondsPerToken;
}

/// <summary>One bucket that a request takes a token from.</summary>
/// <param name="Key">Identifies the bucket among all of the platform.</param>
/// <param name="Limit">Its size and inflow.</param>
public readonly record struct BucketDraw(string Key, BucketLimit Limit);

/// <summary>What buckets said: all gave a token, or none did.</summary>
/// <param name="Allowed">Whether each had a token.</param>
/// <param name="MicrosecondsUntilFull">For each bucket, in their order, the time until it is full again, after the token was taken.</param>
public readonly record struct BucketAnswer(bool Allowed, IReadOnlyList<double> MicrosecondsUntilFull);

/// <summary>Buckets that all replicas of a service share.</summary>
public interface ISharedBuckets
{
    /// <summary>Takes one token from each bucket or, when one has none, from none: in one step that nothing comes between.</summary>
    /// <param name="draws">The buckets, each once.</param>
    /// <param name="cancellationToken">Ends the wait; the tokens may have been taken all the same.</param>
    /// <exception cref="DependencyUnavailableException">Whoever keeps the buckets cannot be asked.</exception>
    ValueTask<BucketAnswer> TakeAsync(IReadOnlyList<BucketDraw> draws, CancellationToken cancellationToken);
}
