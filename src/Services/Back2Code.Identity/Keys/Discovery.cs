using System.Text.Json.Serialization;
using Back2Code.Authentication;
using Microsoft.Extensions.Options;

namespace Back2Code.Identity;

/// <summary>What a client finds out by itself: OpenID Connect Discovery and RFC 8414, and the keys (RFC 7517). All from memory.</summary>
internal sealed class Discovery(IOptions<BearerTokenOptions> tokens, SigningKeys keys)
{
    // Shorter than Identity:PublishAhead and PublishAfter: nobody holds a key set that lacks a key in use.
    private const string MayBeCached = "public, max-age=300";

    private static readonly string[] AuthenticationMethods = ["client_secret_basic", "client_secret_post", "none"];
    private static readonly string[] ConfidentialMethods = ["client_secret_basic", "client_secret_post"];

    private readonly ServerMetadata _metadata = Describe(tokens.Value.Issuer);

    public static IResult HandleMetadata(HttpResponse response, Discovery discovery)
    {
        response.Headers.CacheControl = MayBeCached;
        return TypedResults.Json(discovery._metadata);
    }

    public static IResult HandleKeys(HttpResponse response, Discovery discovery)
    {
        byte[] keys = discovery.Keys();
        response.Headers.CacheControl = MayBeCached;
        return TypedResults.Bytes(keys, "application/jwk-set+json");
    }

    private byte[] Keys() => keys.Current.JsonWebKeySet;

    private static ServerMetadata Describe(string issuer)
    {
        string root = issuer.TrimEnd('/');
        return new()
        {
            Issuer = issuer,
            AuthorizationEndpoint = root + Routes.Authorize,
            TokenEndpoint = root + Routes.Token,
            UserInfoEndpoint = root + Routes.UserInfo,
            JwksUri = root + Routes.Keys,
            EndSessionEndpoint = root + Routes.Logout,
            IntrospectionEndpoint = root + Routes.Introspection,
            RevocationEndpoint = root + Routes.Revocation,
            DeviceAuthorizationEndpoint = root + Routes.DeviceAuthorization,
            GrantTypesSupported = GrantTypes.All,
            ScopesSupported = RequestedScope.KnownOidcScopes,
            TokenEndpointAuthMethodsSupported = AuthenticationMethods,
            RevocationEndpointAuthMethodsSupported = AuthenticationMethods,
            IntrospectionEndpointAuthMethodsSupported = ConfidentialMethods,
        };
    }
}

/// <summary>The members of the discovery document, under their names in the standards.</summary>
internal sealed record ServerMetadata
{
    [JsonPropertyName("issuer")]
    public required string Issuer { get; init; }

    [JsonPropertyName("authorization_endpoint")]
    public required string AuthorizationEndpoint { get; init; }

    [JsonPropertyName("token_endpoint")]
    public required string TokenEndpoint { get; init; }

    [JsonPropertyName("userinfo_endpoint")]
    public required string UserInfoEndpoint { get; init; }

    [JsonPropertyName("jwks_uri")]
    public required string JwksUri { get; init; }

    [JsonPropertyName("end_session_endpoint")]
    public required string EndSessionEndpoint { get; init; }

    [JsonPropertyName("introspection_endpoint")]
    public required string IntrospectionEndpoint { get; init; }

    [JsonPropertyName("revocation_endpoint")]
    public required string RevocationEndpoint { get; init; }

    [JsonPropertyName("device_authorization_endpoint")]
    public required string DeviceAuthorizationEndpoint { get; init; }

    [JsonPropertyName("grant_types_supported")]
    public required IReadOnlyList<string> GrantTypesSupported { get; init; }

    [JsonPropertyName("scopes_supported")]
    public required IReadOnlyList<string> ScopesSupported { get; init; }

    [JsonPropertyName("token_endpoint_auth_methods_supported")]
    public required IReadOnlyList<string> TokenEndpointAuthMethodsSupported { get; init; }

    [JsonPropertyName("revocation_endpoint_auth_methods_supported")]
    public required IReadOnlyList<string> RevocationEndpointAuthMethodsSupported { get; init; }

    [JsonPropertyName("introspection_endpoint_auth_methods_supported")]
    public required IReadOnlyList<string> IntrospectionEndpointAuthMethodsSupported { get; init; }

    [JsonPropertyName("response_types_supported")]
    public IReadOnlyList<string> ResponseTypesSupported { get; } = ["code"];

    [JsonPropertyName("response_modes_supported")]
    public IReadOnlyList<string> ResponseModesSupported { get; } = ["query"];

    [JsonPropertyName("subject_types_supported")]
    public IReadOnlyList<string> SubjectTypesSupported { get; } = ["public"];

    [JsonPropertyName("id_token_signing_alg_values_supported")]
    public IReadOnlyList<string> IdTokenSigningAlgValuesSupported { get; } = ["ES256"];

    [JsonPropertyName("code_challenge_methods_supported")]
    public IReadOnlyList<string> CodeChallengeMethodsSupported { get; } = ["S256"];

    [JsonPropertyName("prompt_values_supported")]
    public IReadOnlyList<string> PromptValuesSupported { get; } = ["none", "login", "consent", "select_account"];

    [JsonPropertyName("claims_supported")]
    public IReadOnlyList<string> ClaimsSupported { get; } = ["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "at_hash", "sid", "preferred_username"];

    [JsonPropertyName("authorization_response_iss_parameter_supported")]
    public bool AuthorizationResponseIssParameterSupported { get; } = true;

    [JsonPropertyName("request_parameter_supported")]
    public bool RequestParameterSupported { get; }

    [JsonPropertyName("request_uri_parameter_supported")]
    public bool RequestUriParameterSupported { get; }

    [JsonPropertyName("claims_parameter_supported")]
    public bool ClaimsParameterSupported { get; }
}
