namespace Back2Code.Lab.Traffic;

public enum ArrivalPattern
{
    /// <summary>Exponential gaps: independent users. Bursts happen, as in life.</summary>
    Poisson,

    /// <summary>Equal gaps.</summary>
    Constant,
}

/// <summary>How a run looks. <see cref="Errors"/> names everything that is wrong at once.</summary>
public sealed record TrafficOptions
{
    /// <summary>Base address of the gateway.</summary>
    public required Uri Target { get; init; }

    /// <summary>Bearer token of each user; requests are spread over the users evenly.</summary>
    public required IReadOnlyDictionary<string, string> Tokens { get; init; }

    /// <summary>Asks the issuer for a new token of a user, ahead of the end of the old one; null when the given ones last.</summary>
    public Func<string, CancellationToken, Task<string>>? RenewToken { get; init; }

    /// <summary>How old a token gets before a new one is asked for, 1 s to a day; two thirds of its life when null.</summary>
    public TimeSpan? RenewTokensEvery { get; init; }

    /// <summary>File that records every write; appended to when it exists.</summary>
    public required string LedgerPath { get; init; }

    /// <summary>Mean requests a second, 0.1 to 20,000. Default 120.</summary>
    public double Rate { get; init; } = 120;

    public ArrivalPattern Arrivals { get; init; } = ArrivalPattern.Poisson;

    /// <summary>Measured time after the warm-up, up to a day. Default 60 s.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Time at the beginning that the summary leaves out, up to an hour. Default 8 s.</summary>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>Time a request has from leaving to the end of its answer, 1 ms to 10 min. Default 5 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    public TrafficMix Mix { get; init; } = TrafficMix.Default;

    /// <summary>Decides arrival times, journeys and users: the same seed gives the same schedule.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>
    /// Bound on requests in flight, and on connections, 1 to 60,000; what is due beyond it is shed and counted as failed. The default holds a
    /// total black hole for the whole time-out at the default rate (120/s × 5 s = 600), because a generator that sheds hides the platform.
    /// </summary>
    public int MaxInFlight { get; init; } = 1024;

    /// <summary>Notes that each user has before the first request leaves, 1 to 1,000. Default 5.</summary>
    public int NotesPerUser { get; init; } = 5;

    /// <summary>Time to make those notes; the platform may still be starting. Default 30 s.</summary>
    public TimeSpan PreloadDeadline { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A request that leaves later than this is the generator's fault worth telling. Default 20 ms: far below the 500 ms objective, far above scheduling noise.</summary>
    public TimeSpan BehindThreshold { get; init; } = TimeSpan.FromMilliseconds(20);

    public IEnumerable<string> Errors()
    {
        if (!Target.IsAbsoluteUri || (Target.Scheme != Uri.UriSchemeHttp && Target.Scheme != Uri.UriSchemeHttps))
        {
            yield return $"The target must be an absolute http or https address; it is '{Target}'.";
        }

        if (Tokens.Count == 0)
        {
            yield return "There must be at least one user with a token.";
        }

        if (Rate is not (>= 0.1 and <= 20_000))
        {
            yield return $"The rate must lie between 0.1 and 20000 requests a second; it is {Rate}.";
        }

        if (Duration <= TimeSpan.Zero || Duration > TimeSpan.FromDays(1))
        {
            yield return $"The duration must be longer than 0 and at most a day; it is {Duration}.";
        }

        if (WarmUp < TimeSpan.Zero || WarmUp > TimeSpan.FromHours(1))
        {
            yield return $"The warm-up must lie between 0 and an hour; it is {WarmUp}.";
        }

        if (Timeout < TimeSpan.FromMilliseconds(1) || Timeout > TimeSpan.FromMinutes(10))
        {
            yield return $"The time-out must lie between 1 ms and 10 min; it is {Timeout}.";
        }

        if (RenewTokensEvery is { } every && (every < TimeSpan.FromSeconds(1) || every > TimeSpan.FromDays(1)))
        {
            yield return $"Tokens may be renewed every second at the most and every day at the least; it is {every}.";
        }

        if (MaxInFlight is < 1 or > 60_000)
        {
            yield return $"The bound on requests in flight must lie between 1 and 60000; it is {MaxInFlight}.";
        }

        if (NotesPerUser is < 1 or > 1_000)
        {
            yield return $"The notes per user must lie between 1 and 1000; they are {NotesPerUser}.";
        }
    }
}
