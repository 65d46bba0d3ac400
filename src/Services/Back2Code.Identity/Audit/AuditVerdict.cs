using System.Text.Json.Serialization;

namespace Back2Code.Identity.Audit;

/// <summary>How the trail is broken.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AuditBreak>))]
public enum AuditBreak
{
    /// <summary>A row says something else than when it was written.</summary>
    [JsonStringEnumMemberName("altered")] Altered,

    /// <summary>A row is not there.</summary>
    [JsonStringEnumMemberName("missing")] Missing,

    /// <summary>A row is in another place than where it was written.</summary>
    [JsonStringEnumMemberName("reordered")] Reordered,

    /// <summary>The chain holds in itself, or up to here, and is not the one that was: rows were written anew, hashes and all.</summary>
    [JsonStringEnumMemberName("rewritten")] Rewritten,

    /// <summary>A checkpoint is missing, or its signature is not by a key that this service knows.</summary>
    [JsonStringEnumMemberName("checkpoint")] Checkpoint,
}

/// <summary>Where the trail is broken first.</summary>
/// <param name="Sequence">The row.</param>
/// <param name="Kind">How.</param>
/// <param name="Detail">What was found, for people.</param>
public sealed record AuditFault(long Sequence, AuditBreak Kind, string Detail);

/// <summary>What a verification found.</summary>
/// <param name="Intact">Whether the whole chain, its end and every checkpoint hold.</param>
/// <param name="Records">Rows that were verified.</param>
/// <param name="Checkpoints">Checkpoints that were verified.</param>
/// <param name="SignedUpTo">The last row that a checkpoint covers; rows after it could have been rewritten without a trace. 0 without checkpoints.</param>
/// <param name="Head">Hash of the last verified row, lower-case hex: keep it elsewhere, and the next verification can be held against it.</param>
/// <param name="Fault">The first fault; null when intact.</param>
public sealed record AuditVerdict(bool Intact, long Records, long Checkpoints, long SignedUpTo, string Head, AuditFault? Fault);
