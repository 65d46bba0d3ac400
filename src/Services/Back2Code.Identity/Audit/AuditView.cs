using Back2Code.Audit;

namespace Back2Code.Identity.Audit;

/// <summary>One record as the API shows and exports it. The hashes, lower-case hex, let a reader check the chain without this service.</summary>
public sealed record AuditView(
    long Sequence,
    Guid Id,
    string Source,
    DateTimeOffset Time,
    AuditActor Actor,
    string Action,
    string Target,
    string Outcome,
    string? Reason,
    string? TraceId,
    int Count,
    string PreviousHash,
    string Hash)
{
    internal static AuditView From(StoredRecord record) => new(
        record.Sequence,
        record.EventId,
        record.Source,
        record.Time,
        new AuditActor(record.Subject, record.Client, record.Address),
        record.Action,
        record.Target,
        record.Outcome,
        record.Reason,
        record.TraceId,
        record.Count,
        Convert.ToHexStringLower(record.PreviousHash),
        Convert.ToHexStringLower(record.Hash));
}

/// <summary>A page of records, newest first.</summary>
/// <param name="Next">The cursor of the page after this one; null on the last.</param>
public sealed record AuditPage(IReadOnlyList<AuditView> Items, string? Next);
