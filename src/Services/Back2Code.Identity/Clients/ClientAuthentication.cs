using System.Text;

namespace Back2Code.Identity;

/// <summary>
/// Who asks at the token endpoint and its neighbours: <c>client_secret_basic</c> and <c>client_secret_post</c> (RFC 6749, section 2.3.1), or for a public
/// client its id alone.
/// </summary>
internal sealed class ClientAuthentication(ClientStore clients, SecurityEvents events)
{
    public async Task<(Client? Client, OAuthError? Error)> AuthenticateAsync(HttpRequest request, OAuthParameters form, CancellationToken cancellationToken)
    {
        bool basic = request.Headers.Authorization.Count > 0;
        string? id = form["client_id"];
        string? secret = form["client_secret"];
        if (basic)
        {
            if (secret is not null)
            {
                return (null, OAuthError.InvalidRequest("The client authenticates in two ways at once."));
            }

            if (!TryReadBasic(request.Headers.Authorization, out string? user, out secret) || (id is not null && id != user))
            {
                return await RefuseAsync(null, "malformed", basic, cancellationToken);
            }

            id = user;
        }

        if (id is null)
        {
            return await RefuseAsync(null, "nobody", basic, cancellationToken);
        }

        var client = await clients.FindAsync(id, cancellationToken);
        if (client is null)
        {
            return await RefuseAsync(null, "unknown", basic, cancellationToken);
        }

        if (client.SecretSha256 is { } digest)
        {
            return secret is not null && Secret.Matches(secret, digest) ? (client, null) : await RefuseAsync(client, "wrong-secret", basic, cancellationToken);
        }

        // A public client has no secret to send; one that sends something is not what it says.
        return secret is null ? (client, null) : await RefuseAsync(client, "wrong-secret", basic, cancellationToken);
    }

    private async Task<(Client?, OAuthError?)> RefuseAsync(Client? client, string reason, bool basic, CancellationToken cancellationToken)
    {
        await events.RecordAsync(new(SecurityActions.ClientAuthentication, false, client?.Id, Reason: reason), cancellationToken);
        return (null, OAuthError.InvalidClient(basic));
    }

    private static bool TryReadBasic(Microsoft.Extensions.Primitives.StringValues headers, out string? id, out string? secret)
    {
        const string prefix = "Basic ";
        id = secret = null;
        if (headers.Count != 1 || headers[0] is not { Length: <= 1024 } header || !header.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[1024];
        if (!Convert.TryFromBase64String(header[prefix.Length..].Trim(' '), bytes, out int written))
        {
            return false;
        }

        string pair = Encoding.UTF8.GetString(bytes[..written]);
        int colon = pair.IndexOf(':', StringComparison.Ordinal);
        if (colon < 1)
        {
            return false;
        }

        // Both halves are form-encoded before they are put together (RFC 6749, section 2.3.1).
        id = Uri.UnescapeDataString(pair[..colon].Replace('+', ' '));
        secret = Uri.UnescapeDataString(pair[(colon + 1)..].Replace('+', ' '));
        return !id.Contains('\0', StringComparison.Ordinal);
    }
}
