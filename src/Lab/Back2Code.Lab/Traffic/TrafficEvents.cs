using System.Text.Json.Serialization;

namespace Back2Code.Lab.Traffic;

// What `back2code traffic run --json` writes, one JSON object a line, each with an "event" that names its kind.
// These records are the contract with the drill engine and with scripts: add freely, never rename.

/// <summary>First line: the notes to read exist and the first scheduled request is about to leave.</summary>
public sealed record TrafficReady(DateTimeOffset At, string RunId, int Users, int Notes)
{
    [JsonPropertyOrder(-1)]
    public string Event { get; } = "ready";
}

/// <summary>One second of intended send times, written once every request intended in it has ended.</summary>
public sealed record TrafficSecond
{
    [JsonPropertyOrder(-1)]
    public string Event { get; } = "second";

    /// <summary>Start of the second.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary><c>warmup</c> or <c>measure</c>; only the second kind counts in the summary.</summary>
    public required string Phase { get; init; }

    /// <summary>Requests whose intended send time lies in this second, those included that the generator had to shed.</summary>
    public required int Sent { get; init; }

    public required int Ok { get; init; }

    public required int Failed { get; init; }

    /// <summary>Requests without an answer when this second was over.</summary>
    public required int InFlight { get; init; }

    /// <summary>The latest departure of this second: actual minus intended send time.</summary>
    public required double BehindMs { get; init; }

    /// <summary>The generator itself was late (see <see cref="TrafficOptions.BehindThreshold"/>): read this second's latencies with care.</summary>
    public required bool Behind { get; init; }

    /// <summary>Response times, from the intended send time; null when nothing was sent.</summary>
    public required double? P50Ms { get; init; }

    public required double? P95Ms { get; init; }

    public required double? P99Ms { get; init; }

    /// <summary>How often each outcome occurred: an HTTP status, or one of <see cref="OutcomeNames"/>.</summary>
    public required IReadOnlyDictionary<string, int> Statuses { get; init; }

    // From here on only requests that count in the summary: from these three its totals, times and quantiles can be computed again, exactly.

    /// <summary>By journey; empty in a second of the warm-up.</summary>
    public IReadOnlyDictionary<string, JourneySecond> ByJourney { get; init; } = new Dictionary<string, JourneySecond>();

    /// <summary>Response times, as the middle of a bucket in nanoseconds and the count in it, again and again, in rising order.</summary>
    public IReadOnlyList<long> ResponseBuckets { get; init; } = [];

    /// <summary>The longest of them, exactly; zero when there is none.</summary>
    public long ResponseMaxNs { get; init; }
}

/// <summary>What one journey did in one second. Times are intended send times.</summary>
/// <param name="FirstSuccessAt">Of those after the last failure of this second; of all when none failed.</param>
public sealed record JourneySecond(int Sent, int Failed, DateTimeOffset? FirstFailureAt, DateTimeOffset? LastFailureAt, DateTimeOffset? FirstSuccessAt)
{
    /// <summary>As <see cref="TrafficSecond.ResponseBuckets"/>, of this journey alone; null in files from before they were kept.</summary>
    public IReadOnlyList<long>? ResponseBuckets { get; init; }

    /// <summary>The longest of them, exactly; zero when there is none.</summary>
    public long ResponseMaxNs { get; init; }
}

/// <summary>Last line. Everything but <see cref="WarmUp"/> counts only requests intended at or after <see cref="MeasuredFrom"/>.</summary>
public sealed record TrafficSummary
{
    [JsonPropertyOrder(-1)]
    public string Event { get; } = "summary";

    public required string RunId { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public required DateTimeOffset EndedAt { get; init; }

    public required DateTimeOffset MeasuredFrom { get; init; }

    public required long Total { get; init; }

    public required long Failed { get; init; }

    public required double FailedRatio { get; init; }

    /// <summary>From the intended send time to the end of the answer, of every request that left, failed ones included.</summary>
    public required LatencyQuantiles LatencyMs { get; init; }

    /// <summary>The same from the actual send time: what a closed-loop client would have reported.</summary>
    public required LatencyQuantiles ServiceMs { get; init; }

    public required DateTimeOffset? FirstFailureAt { get; init; }

    public required DateTimeOffset? LastFailureAt { get; init; }

    /// <summary>See <see cref="RecoveryTracker"/>; null when nothing failed, and when a journey that failed never worked again.</summary>
    public required DateTimeOffset? RecoveredAt { get; init; }

    /// <summary>The latest departure of the run; p99 of all departures; seconds with a departure later than the threshold.</summary>
    public required double BehindMs { get; init; }

    public required double BehindP99Ms { get; init; }

    public required int SecondsBehind { get; init; }

    /// <summary>Requests the generator did not send because its own bound on requests in flight was reached; counted as failed.</summary>
    public required long ShedByGenerator { get; init; }

    /// <summary>Reads that showed an older version than this client had been acknowledged before it asked.</summary>
    public required long StaleReads { get; init; }

    /// <summary>Of those, reads whose <c>Cache-Status</c> did not say so (a negative ttl).</summary>
    public required long UndeclaredStaleReads { get; init; }

    public required IReadOnlyDictionary<string, long> Statuses { get; init; }

    public required IReadOnlyDictionary<string, JourneySummary> ByJourney { get; init; }

    public required WarmUpSummary WarmUp { get; init; }

    /// <summary>Processor time of the generator after the warm-up, in percent of one core.</summary>
    public required double GeneratorCpuPercent { get; init; }
}

/// <summary>In milliseconds; all null when nothing was recorded.</summary>
public sealed record LatencyQuantiles(double? P50, double? P95, double? P99, double? Max);

public sealed record JourneySummary(long Total, long Failed, LatencyQuantiles LatencyMs, DateTimeOffset? LastFailureAt, DateTimeOffset? RecoveredAt);

public sealed record WarmUpSummary(long Total, long Failed);

/// <summary>Outcomes that have no HTTP status.</summary>
public static class OutcomeNames
{
    /// <summary>No complete answer within <see cref="TrafficOptions.Timeout"/> of leaving.</summary>
    public const string Timeout = "timeout";

    /// <summary>Refused, reset, or cut before the answer was complete.</summary>
    public const string Connection = "connection";

    /// <summary>A success status with a body that is not what the contract promises.</summary>
    public const string Invalid = "invalid";

    /// <summary>Never sent: too many requests were already in flight.</summary>
    public const string Shed = "shed-by-generator";
}
