using System.Security.Claims;
using Microsoft.AspNetCore.Http;

namespace Back2Code.Authentication;

/// <summary>
/// The caller of a request, as a handler parameter: <c>(CurrentUser user, …)</c>. The endpoint must ask for a permission, or at least for a token.
/// </summary>
/// <param name="Id">The token's <c>sub</c>: opaque, 1 to 255 characters.</param>
/// <param name="Client">The token's <c>client_id</c>: the program that acts for the user, or for itself; null when the token does not say.</param>
/// <param name="Permissions">What the token grants.</param>
public sealed record CurrentUser(string Id, string? Client, PermissionSet Permissions)
{
    /// <summary>Claim that holds the subject; claims keep the names they have in the token.</summary>
    internal const string SubjectClaim = "sub";

    internal const string ClientClaim = "client_id";

    internal const string ScopeClaim = "scope";

    /// <summary>Called by minimal APIs to bind the parameter.</summary>
    /// <exception cref="InvalidOperationException">The endpoint asks for no token, so nobody is known here.</exception>
    public static ValueTask<CurrentUser?> BindAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var subject = context.User.FindFirst(SubjectClaim)?.Value
            ?? throw new InvalidOperationException($"{context.Request.Method} {context.GetEndpoint()?.DisplayName} takes a CurrentUser but calls neither RequirePermission() nor RequireAuthorization().");
        return ValueTask.FromResult<CurrentUser?>(new CurrentUser(subject, context.User.FindFirst(ClientClaim)?.Value, PermissionsOf(context.User)));
    }

    /// <summary>Read once for each token; read again only where somebody has put another identity in the token's place.</summary>
    internal static PermissionSet PermissionsOf(ClaimsPrincipal user) =>
        user.Identity is TokenIdentity token ? token.Permissions : PermissionSet.Parse(user.FindFirst(ScopeClaim)?.Value);
}
