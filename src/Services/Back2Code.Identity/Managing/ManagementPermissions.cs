using System.Security.Claims;

namespace Back2Code.Identity;

/// <summary>The permissions of the management API.</summary>
internal static class ManagementPermissions
{
    public const string UsersRead = "users:read";
    public const string UsersWrite = "users:write";
    public const string ClientsRead = "clients:read";
    public const string ClientsWrite = "clients:write";
    public const string KeysRead = "keys:read";
    public const string KeysWrite = "keys:write";
}

internal static class NeedsExtensions
{
    /// <summary>Lets only access tokens through whose scope covers the permission.</summary>
    public static RouteHandlerBuilder Needs(this RouteHandlerBuilder endpoint, string permission)
    {
        var needed = PermissionPattern.Parse(permission);
        return endpoint
            .ProducesProblem(StatusCodes.Status403Forbidden)
            .AddEndpointFilter(async (context, next) =>
                Allows(context.HttpContext.User, needed) ? await next(context) : IdentityProblems.PermissionMissing(permission));
    }

    private static bool Allows(ClaimsPrincipal principal, PermissionPattern needed) =>
        RequestedScope.Parse(principal.FindFirst("scope")?.Value)?.Permissions.Any(held => held.Covers(needed)) == true;
}
