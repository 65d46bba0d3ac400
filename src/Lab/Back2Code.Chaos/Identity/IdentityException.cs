namespace Back2Code.Chaos.Identity;

/// <summary>The identity service is away, or refuses. The message holds its own words, and no secret.</summary>
public sealed class IdentityException(string message, Exception? inner = null) : Exception(message, inner);
