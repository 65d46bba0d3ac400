using System.Text.Json;
using System.Text.Json.Serialization;

namespace Back2Code.Identity;

/// <summary>An answer of RFC 6749, section 5.2. Descriptions are fixed texts: what the client sent never comes back in them.</summary>
/// <param name="Code">The value of <c>error</c>.</param>
/// <param name="Challenge">Whether a 401 asks for Basic credentials, because such were tried.</param>
internal sealed record OAuthError(string Code, string Description, int Status = StatusCodes.Status400BadRequest, bool Challenge = false) : IResult
{
    public static OAuthError InvalidRequest(string description) => new("invalid_request", description);

    public static OAuthError InvalidGrant(string description) => new("invalid_grant", description);

    public static OAuthError InvalidScope() => new("invalid_scope", "The scope is unknown, malformed, or more than this client may have.");

    public static OAuthError UnauthorizedClient() => new("unauthorized_client", "This client may not use this grant.");

    public static OAuthError InvalidClient(bool challenge) =>
        new("invalid_client", "The client is unknown or its authentication failed.", StatusCodes.Status401Unauthorized, challenge);

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = Status;
        NoStore.Apply(response);
        if (Challenge)
        {
            response.Headers.WWWAuthenticate = "Basic realm=\"back2code\", charset=\"UTF-8\"";
        }

        await response.WriteAsJsonAsync(new OAuthErrorBody(Code, Description), JsonSerializerOptions.Web, httpContext.RequestAborted);
    }
}

internal sealed record OAuthErrorBody(
    [property: JsonPropertyName("error")] string Error,
    [property: JsonPropertyName("error_description")] string ErrorDescription);

internal static class NoStore
{
    /// <summary>Nothing on the way may keep a token (RFC 6749, section 5.1).</summary>
    public static void Apply(HttpResponse response)
    {
        response.Headers.CacheControl = "no-store";
        response.Headers.Pragma = "no-cache";
    }
}
