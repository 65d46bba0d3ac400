using System.Security.Claims;
using System.Text.Json;
using System.Text.Json.Serialization;
using Back2Code.Authentication;

namespace Back2Code.Identity;

/// <summary>GET and POST /oauth2/userinfo (OpenID Connect Core, section 5.3)</summary>
internal sealed class UserInfo(UserStore users)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public static async Task<IResult> Handle(HttpContext http, ClaimsPrincipal principal, UserInfo operation, CancellationToken cancellationToken)
    {
        string[] scopes = principal.FindFirst("scope")?.Value.Split(' ') ?? [];
        if (!scopes.Contains(RequestedScope.OpenId))
        {
            http.Response.Headers.WWWAuthenticate = $"{BearerDefaults.Scheme} error=\"insufficient_scope\", scope=\"{RequestedScope.OpenId}\"";
            return IdentityProblems.ScopeMissing(RequestedScope.OpenId);
        }

        if (!Guid.TryParse(principal.FindFirst("sub")?.Value, out var id)
            || await operation.FindAsync(id, cancellationToken) is not { } user)
        {
            http.Response.Headers.WWWAuthenticate = $"{BearerDefaults.Scheme} error=\"invalid_token\"";
            return IdentityProblems.UserEnded();
        }

        NoStore.Apply(http.Response);
        return TypedResults.Json(new UserInfoAnswer(user.Id, scopes.Contains(RequestedScope.Profile) ? user.Name : null), Json);
    }

    private async ValueTask<User?> FindAsync(Guid id, CancellationToken cancellationToken) =>
        await users.FindAsync(id, cancellationToken) is { DisabledAt: null } user ? user : null;
}

internal sealed record UserInfoAnswer(
    [property: JsonPropertyName("sub")] Guid Sub,
    [property: JsonPropertyName("preferred_username")] string? PreferredUsername);
