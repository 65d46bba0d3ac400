using Back2Code.Identity.Audit;
using Back2Code.Identity.Erasing;

namespace Back2Code.Identity.Exporting;

/// <summary>All that this service holds about somebody, as one document that is written while it is read. Secrets are left out: they would open the account to whoever finds the document.</summary>
/// <param name="ExportedAt">When it was begun.</param>
/// <param name="Email">Null when there is none.</param>
/// <param name="SecondFactor">Null when there is none.</param>
/// <param name="Erasure">Null when nobody has asked for one.</param>
/// <param name="AuditRecords">What the audit trail says of what the user did, and of what was done to the user; oldest first.</param>
/// <param name="Elsewhere">Other services that hold personal data, each with the path of its part.</param>
public sealed record UserExport(
    DateTimeOffset ExportedAt,
    UserView User,
    ExportedEmail? Email,
    ExportedSecondFactor? SecondFactor,
    ErasureView? Erasure,
    IAsyncEnumerable<ExportedSession> Sessions,
    IAsyncEnumerable<ExportedGrant> Grants,
    IAsyncEnumerable<ExportedConsent> Consents,
    IAsyncEnumerable<ExportedLink> Links,
    IAsyncEnumerable<ExportedMail> WaitingMails,
    IAsyncEnumerable<AuditView> AuditRecords,
    IReadOnlyDictionary<string, string> Elsewhere);

/// <param name="VerifiedAt">When its owner followed a link that was sent there; null when nobody has.</param>
public sealed record ExportedEmail(string Address, DateTimeOffset? VerifiedAt);

/// <param name="ConfirmedAt">Null while no code was seen.</param>
public sealed record ExportedSecondFactor(DateTimeOffset? ConfirmedAt, long RecoveryCodesLeft);

/// <summary>Where the user is signed in, or was not long ago.</summary>
public sealed record ExportedSession(Guid Id, string? Agent, string? Address, DateTimeOffset AuthenticatedAt, DateTimeOffset ExpiresAt);

/// <summary>What an application was given.</summary>
public sealed record ExportedGrant(
    Guid Id, string ClientId, IReadOnlyList<string> Scopes, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, DateTimeOffset? RevokedAt);

/// <summary>What the user has allowed an application.</summary>
public sealed record ExportedConsent(string ClientId, IReadOnlyList<string> Scopes, DateTimeOffset GrantedAt);

/// <summary>A link that was sent.</summary>
public sealed record ExportedLink(string Purpose, string Address, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, DateTimeOffset? UsedAt);

/// <summary>A mail that waits to be sent.</summary>
public sealed record ExportedMail(string Kind, string? To, DateTimeOffset CreatedAt);
