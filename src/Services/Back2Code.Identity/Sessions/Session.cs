namespace Back2Code.Identity;

/// <summary>A browser in which somebody is signed in.</summary>
/// <param name="Sid">What ID tokens call it.</param>
internal sealed record Session(Guid Sid, Guid UserId, string UserName, string Role, DateTimeOffset AuthenticatedAt);

/// <summary>Where a sign-in comes from, for its user to recognise.</summary>
/// <param name="Agent">Browser and system, roughly; null when it does not say.</param>
internal sealed record SessionOrigin(string Address, string? Agent);

/// <summary>A session in the list of its user.</summary>
internal sealed record ListedSession(Guid Sid, string? Agent, string? Address, DateTimeOffset AuthenticatedAt, DateTimeOffset ExpiresAt);
