using System.Text.Json.Serialization;

namespace Back2Code.Audit;

/// <summary>How an audited action ended. In JSON and in the database: the word in lower case.</summary>
public enum AuditOutcome
{
    /// <summary>It took effect.</summary>
    [JsonStringEnumMemberName("succeeded")] Succeeded,

    /// <summary>It was refused: the caller is not known, or may not do this.</summary>
    [JsonStringEnumMemberName("denied")] Denied,

    /// <summary>It was allowed and did not take effect.</summary>
    [JsonStringEnumMemberName("failed")] Failed,
}
