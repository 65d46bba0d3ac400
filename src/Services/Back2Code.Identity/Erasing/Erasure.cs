namespace Back2Code.Identity.Erasing;

/// <summary>The record of one erasure.</summary>
/// <param name="State">pending until every service has answered, then completed.</param>
/// <param name="RequestedBy">The subject of whoever asked: the user, or an operator.</param>
/// <param name="Services">Every service that holds personal data, this one first.</param>
public sealed record ErasureView(
    Guid Id, Guid UserId, string State, DateTimeOffset RequestedAt, string RequestedBy, DateTimeOffset? CompletedAt, IReadOnlyList<ErasedService> Services)
{
    internal const string Pending = "pending";
    internal const string Completed = "completed";
}

/// <summary>What became of an erasure in one service.</summary>
/// <param name="Service">Its name.</param>
/// <param name="CompletedAt">When it said that nothing is left; null until then.</param>
/// <param name="Counts">Rows erased, by kind; null until then.</param>
public sealed record ErasedService(string Service, DateTimeOffset? CompletedAt, IReadOnlyDictionary<string, long>? Counts);
