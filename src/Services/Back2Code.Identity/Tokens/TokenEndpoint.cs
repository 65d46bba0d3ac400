namespace Back2Code.Identity;

/// <summary>POST /oauth2/token</summary>
internal sealed class TokenEndpoint(
    ClientAuthentication authentication, AuthorizationCodes codes, RefreshTokens refreshTokens, DeviceCodes devices, TokenExchange exchange,
    TokenIssuer issuer, SecurityEvents events)
{
    public static async Task<IResult> Handle(HttpRequest request, TokenEndpoint operation, CancellationToken cancellationToken)
    {
        var (form, malformed) = await OAuthParameters.ReadFormAsync(request, cancellationToken);
        return form is null ? malformed! : await operation.ExecuteAsync(request, form, cancellationToken);
    }

    private async Task<IResult> ExecuteAsync(HttpRequest request, OAuthParameters form, CancellationToken cancellationToken)
    {
        if (form["grant_type"] is not { } grantType)
        {
            return OAuthError.InvalidRequest("The parameter grant_type is missing.");
        }

        if (!GrantTypes.All.Contains(grantType))
        {
            return new OAuthError("unsupported_grant_type", "This grant is not supported.");
        }

        var (client, refused) = await authentication.AuthenticateAsync(request, form, cancellationToken);
        if (client is null)
        {
            return refused!;
        }

        if (!client.May(grantType))
        {
            await events.RecordAsync(new(SecurityActions.TokenRefused, false, client.Id, Reason: "grant-not-allowed"), cancellationToken);
            return OAuthError.UnauthorizedClient();
        }

        return grantType switch
        {
            GrantTypes.AuthorizationCode => await codes.ExchangeAsync(client, form, cancellationToken),
            GrantTypes.RefreshToken => await refreshTokens.ExchangeAsync(client, form, cancellationToken),
            GrantTypes.DeviceCode => await devices.ExchangeAsync(client, form, cancellationToken),
            GrantTypes.TokenExchange => await exchange.ExchangeAsync(client, form, cancellationToken),
            _ => await IssueToClientAsync(client, form, cancellationToken),
        };
    }

    private async Task<IResult> IssueToClientAsync(Client client, OAuthParameters form, CancellationToken cancellationToken)
    {
        if (RequestedScope.Parse(form["scope"]) is not { } scope || issuer.ForClient(client, scope) is not { } answer)
        {
            return OAuthError.InvalidScope();
        }

        await events.RecordAsync(new(SecurityActions.TokenIssued, true, client.Id, client.Id, "client-credentials"), cancellationToken);
        return answer;
    }
}
