using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;

namespace Back2Code.Identity;

/// <summary>What a client asks a user for (RFC 6749, section 4.1.1; OpenID Connect Core, section 3.1.2.1), once it is known to be in order.</summary>
/// <param name="Scope">As far as the client may have it.</param>
/// <param name="MaxAge">How long ago the user may have signed in; null for any time.</param>
internal sealed record AuthorizationQuery(
    Client Client,
    string RedirectUri,
    string? State,
    RequestedScope Scope,
    string? Nonce,
    string CodeChallenge,
    string[] Prompt,
    TimeSpan? MaxAge,
    string? LoginHint)
{
    private const int LongestState = 2_000;
    private const int LongestNonce = 500;
    private const int ChallengeLength = 43;

    private static readonly string[] Prompts = ["none", "login", "consent", "select_account"];

    public bool AsksFor(string prompt) => Prompt.Contains(prompt);

    /// <summary>Reads a request. Only one from a known client, to an address that it registered, is ever answered with a redirect.</summary>
    public static async Task<AuthorizationReading> ReadAsync(OAuthParameters parameters, ClientStore clients, CancellationToken cancellationToken)
    {
        if (parameters["client_id"] is not { } clientId || await clients.FindAsync(clientId, cancellationToken) is not { } client)
        {
            return new AuthorizationReading.Hopeless("The application that sent you here is not known.");
        }

        // Character by character (RFC 9700, section 2.1): whatever cleverer comparison there is, someone found a way around it.
        if (parameters["redirect_uri"] is not { } redirectUri || !client.RedirectUris.Contains(redirectUri, StringComparer.Ordinal))
        {
            return new AuthorizationReading.Hopeless("The application that sent you here asks to send you on to an address that it has not registered.");
        }

        string? state = parameters["state"];
        if (state is { Length: > LongestState })
        {
            return Refuse(client, redirectUri, null, "invalid_request", "state is too long.");
        }

        return Read(parameters, client, redirectUri, state);
    }

    private static AuthorizationReading Read(OAuthParameters parameters, Client client, string redirectUri, string? state)
    {
        AuthorizationReading.Refused No(string error, string description) => Refuse(client, redirectUri, state, error, description);

        if (parameters["request"] is not null)
        {
            return No("request_not_supported", "Request objects are not supported.");
        }

        if (parameters["request_uri"] is not null)
        {
            return No("request_uri_not_supported", "Request objects are not supported.");
        }

        if (parameters["response_type"] is not { } responseType)
        {
            return No("invalid_request", "response_type is missing.");
        }

        if (responseType != "code")
        {
            return No("unsupported_response_type", "Only the response type code is supported.");
        }

        if (!client.May(GrantTypes.AuthorizationCode))
        {
            return No("unauthorized_client", "This client may not use authorization codes.");
        }

        if ((parameters["response_mode"] ?? "query") != "query")
        {
            return No("invalid_request", "Only the response mode query is supported.");
        }

        if (parameters["code_challenge"] is not { } challenge)
        {
            return No("invalid_request", "code_challenge is missing: PKCE is required.");
        }

        // Without a method the challenge would be plain (RFC 7636, section 4.3), which hides nothing.
        if (parameters["code_challenge_method"] != "S256" || challenge.Length != ChallengeLength
            || !challenge.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
        {
            return No("invalid_request", "code_challenge must be a digest of the method S256.");
        }

        if (RequestedScope.Parse(parameters["scope"])?.Within(client) is not { } scope)
        {
            return No("invalid_scope", "The scope is unknown, malformed, or more than this client may have.");
        }

        string[] prompt = (parameters["prompt"] ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (prompt.Any(value => !Prompts.Contains(value)) || (prompt.Contains("none") && prompt.Length > 1))
        {
            return No("invalid_request", "prompt is none alone, or any of login, consent and select_account.");
        }

        if (parameters["nonce"] is { Length: > LongestNonce })
        {
            return No("invalid_request", "nonce is too long.");
        }

        int maxAge = 0;
        if (parameters["max_age"] is { } text && !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out maxAge))
        {
            return No("invalid_request", "max_age must be a number of seconds.");
        }

        return new AuthorizationReading.InOrder(new(
            client, redirectUri, state, scope, parameters["nonce"], challenge, prompt,
            parameters["max_age"] is null ? null : TimeSpan.FromSeconds(maxAge), parameters["login_hint"]));
    }

    /// <summary>Where the browser goes with an answer. <paramref name="issuer"/> tells a client of several servers whose it is (RFC 9207).</summary>
    public static string Answer(string redirectUri, string? state, string issuer, params ReadOnlySpan<(string Name, string Value)> answer)
    {
        string uri = redirectUri;
        foreach (var (name, value) in answer)
        {
            uri = QueryHelpers.AddQueryString(uri, name, value);
        }

        uri = state is null ? uri : QueryHelpers.AddQueryString(uri, "state", state);
        return QueryHelpers.AddQueryString(uri, "iss", issuer);
    }

    private static AuthorizationReading.Refused Refuse(Client client, string redirectUri, string? state, string error, string description) =>
        new(client, redirectUri, state, error, description);
}

/// <summary>What became of a request at the authorization endpoint.</summary>
internal abstract record AuthorizationReading
{
    public sealed record InOrder(AuthorizationQuery Request) : AuthorizationReading;

    /// <summary>The client hears of it.</summary>
    public sealed record Refused(Client Client, string RedirectUri, string? State, string Error, string Description) : AuthorizationReading;

    /// <summary>Only the user hears of it: there is no address that could be trusted.</summary>
    public sealed record Hopeless(string Message) : AuthorizationReading;
}
