namespace Back2Code.Identity;

/// <summary>A browser in which somebody is signed in.</summary>
/// <param name="Sid">What ID tokens call it.</param>
internal sealed record Session(Guid Sid, Guid UserId, string UserName, string Role, DateTimeOffset AuthenticatedAt);
