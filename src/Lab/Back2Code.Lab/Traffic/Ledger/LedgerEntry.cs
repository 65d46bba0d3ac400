using System.Text.Json.Serialization;

namespace Back2Code.Lab.Traffic.Ledger;

/// <summary>
/// One line of the ledger. A write leaves a <c>try</c> before it is sent and then at most one of <c>ack</c> (the platform answered success),
/// <c>rejected</c> (a 4xx: it did not happen) and <c>unknown</c> (it may have happened, or may still happen). A try without an outcome is unknown as well.
/// </summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record LedgerEntry
{
    public const string Run = "run", Try = "try", Ack = "ack", Rejected = "rejected", Unknown = "unknown", End = "end";
    public const string Create = "create", Replace = "replace", Delete = "delete";

    public required string Kind { get; init; }

    /// <summary>Intended send time of a write; beginning or end of a run.</summary>
    public required DateTimeOffset At { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? RunId { get; init; }

    /// <summary>Number of the write within its run, from 1.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Write { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Op { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? User { get; init; }

    /// <summary>Idempotency key of the creation; part of the note's title for life, so that a list shows what came of it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Key { get; init; }

    /// <summary>Unknown until a creation is acknowledged.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? Note { get; init; }

    /// <summary>In a try the version this write would make, in an ack the version it made.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Version { get; init; }

    /// <summary>Fingerprint of title and body.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Content { get; init; }

    /// <summary>Why an outcome is what it is: a status or one of <see cref="OutcomeNames"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Outcome { get; init; }
}
