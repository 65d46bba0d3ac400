namespace Back2Code.Chaos.Identity;

/// <summary>Where the identity service is, and a client there that may be anybody (token exchange, RFC 8693).</summary>
/// <param name="Address">Of the service itself or of a gateway in front of it.</param>
/// <param name="ClientId">The client.</param>
/// <param name="ClientSecret">Its secret: never on a command line.</param>
public sealed record IdentityAccess(Uri Address, string ClientId, string ClientSecret)
{
    public override string ToString() => $"{ClientId} at {Address}";
}
