namespace Back2Code.Lab.Drills;

/// <summary>How patient the engine is. The defaults suit the lab, where Prometheus scrapes and evaluates every second.</summary>
internal sealed record DrillTimes
{
    /// <summary>For the generator to create the notes that it reads.</summary>
    public TimeSpan TrafficStart { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>For the platform to become well. Long enough for the slow-burn alerts of a drill just before (30 s windows in the lab) to end.</summary>
    public TimeSpan SteadyStatePatience { get; init; } = TimeSpan.FromSeconds(40);

    /// <summary>How often it looks.</summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Seconds without a failed request that count as quiet, before the fault and after it.</summary>
    public int QuietSeconds { get; init; } = 3;

    /// <summary>For a fault that cannot be undone at first.</summary>
    public TimeSpan UndoPatience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Longest time for undoing, rolling back, stopping traffic and collecting.</summary>
    public TimeSpan CleanUp { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>For processes that were not back when the recovery's time was over, before the ledger is asked for.</summary>
    public TimeSpan ReadyPatience { get; init; } = TimeSpan.FromSeconds(40);

    /// <summary>
    /// For events and caches to catch up once every acknowledged write has been asked for; asking itself takes as long as the ledger is
    /// (see <see cref="Traffic.Verification.VerificationOptions.Deadline"/>).
    /// </summary>
    public TimeSpan VerifyPatience { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Traffic outlives every wait of the engine by this much; the engine stops it.</summary>
    public TimeSpan TrafficSlack { get; init; } = TimeSpan.FromSeconds(60);
}
