using System.Text;
using System.Text.Json;
using Back2Code.Authentication;
using Microsoft.Extensions.Options;

namespace Back2Code.Identity;

/// <summary>Reads tokens that come back here: to be introspected, revoked or exchanged, or as a hint who wants to sign out.</summary>
internal sealed class OwnTokens(SigningKeys keys, IOptions<BearerTokenOptions> tokens, TimeProvider time)
{
    /// <summary>The claims of an access token that is ours and has not expired; null for every other text.</summary>
    public async ValueTask<JsonElement?> ReadAccessTokenAsync(string token, CancellationToken cancellationToken) =>
        await ReadAsync(token, Jwt.AccessTokenType, cancellationToken) is { } claims
        && claims.GetProperty("exp").GetInt64() > time.GetUtcNow().ToUnixTimeSeconds() ? claims : null;

    /// <summary>The claims of an ID token that is ours, expired or not: it says who was here, and opens nothing.</summary>
    public ValueTask<JsonElement?> ReadIdTokenAsync(string token, CancellationToken cancellationToken) => ReadAsync(token, Jwt.IdTokenType, cancellationToken);

    private async ValueTask<JsonElement?> ReadAsync(string token, string type, CancellationToken cancellationToken)
    {
        if (!Jwt.TrySplit(token, out var jwt) || jwt.Type != type
            || await keys.FindAsync(jwt.KeyId, cancellationToken) is not { } key
            || !key.Verify(Encoding.ASCII.GetBytes(jwt.Signed), jwt.Signature))
        {
            return null;
        }

        var claims = Jwt.Claims(jwt);
        return Jwt.Text(claims, "iss") == tokens.Value.Issuer ? claims : null;
    }
}
