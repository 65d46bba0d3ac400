using Microsoft.Extensions.Options;

namespace Back2Code.Identity;

/// <summary>
/// Token exchange (RFC 8693) of one kind: a client that may impersonate turns its own access token into one of a user, named by the parameter
/// <c>requested_subject</c>. The load generator of the lab has its many users this way.
/// </summary>
internal sealed class TokenExchange(OwnTokens ownTokens, UserStore users, TokenIssuer issuer, SecurityEvents events, IOptions<IdentityOptions> options)
{
    public const string AccessTokenType = "urn:ietf:params:oauth:token-type:access_token";

    public async Task<IResult> ExchangeAsync(Client client, OAuthParameters form, CancellationToken cancellationToken)
    {
        if (!client.MayImpersonate)
        {
            await events.RecordAsync(new(SecurityActions.TokenRefused, false, client.Id, Reason: "may-not-impersonate"), cancellationToken);
            return OAuthError.UnauthorizedClient();
        }

        if (form["subject_token"] is not { } subjectToken || form["subject_token_type"] != AccessTokenType || form["requested_subject"] is not { } name
            || (form["requested_token_type"] ?? AccessTokenType) != AccessTokenType || form["actor_token"] is not null)
        {
            return OAuthError.InvalidRequest("subject_token, subject_token_type (an access token) and requested_subject are needed; no other exchange is understood.");
        }

        if (RequestedScope.Parse(form["scope"]) is not { } scope)
        {
            return OAuthError.InvalidScope();
        }

        if (await ownTokens.ReadAccessTokenAsync(subjectToken, cancellationToken) is not { } claims
            || Jwt.Text(claims, "sub") != client.Id || Jwt.Text(claims, "client_id") != client.Id)
        {
            await events.RecordAsync(new(SecurityActions.TokenRefused, false, client.Id, Reason: "not-its-own-token"), cancellationToken);
            return OAuthError.InvalidRequest("The subject token is not a good access token of this client itself.");
        }

        if (!UserName.IsValid(name))
        {
            return OAuthError.InvalidRequest("The requested subject is no user's name.");
        }

        var user = options.Value.ProvisionImpersonated
            ? await users.FindOrAddAsync(name, options.Value.ProvisionedRole, client.Id, cancellationToken)
            : await users.FindAsync(name, cancellationToken);
        if (user is null || user.DisabledAt is not null)
        {
            await events.RecordAsync(new(SecurityActions.TokenRefused, false, client.Id, user?.Id.ToString(), user is null ? "unknown-user" : "disabled-user"), cancellationToken);
            return OAuthError.InvalidRequest("There is no such user, or the user is disabled.");
        }

        if (issuer.ForImpersonated(client, user, scope) is not { } answer)
        {
            return OAuthError.InvalidScope();
        }

        await events.RecordAsync(new(SecurityActions.TokenIssued, true, client.Id, user.Id.ToString(), "token-exchange"), cancellationToken);
        return answer with { IssuedTokenType = AccessTokenType };
    }
}
