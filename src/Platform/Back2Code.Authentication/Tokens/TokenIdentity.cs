using System.Security.Claims;

namespace Back2Code.Authentication;

/// <summary>The claims of a valid token and what they allow. Shared by all requests that carry the token: nobody adds to it.</summary>
internal sealed class TokenIdentity(PermissionSet permissions) : ClaimsIdentity(BearerDefaults.Scheme, CurrentUser.SubjectClaim, "roles")
{
    public PermissionSet Permissions { get; } = permissions;
}
