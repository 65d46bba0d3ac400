using Microsoft.AspNetCore.Authorization;

namespace Back2Code.Authentication;

/// <summary>
/// The endpoint needs a token that grants <see cref="Permission"/>; without a token the answer is 401, without the permission 403. Several add up.
/// For minimal APIs: <c>.RequirePermission("notes:write")</c>; this form is for controllers and hubs.
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, AllowMultiple = true)]
public sealed class RequirePermissionAttribute : AuthorizeAttribute, IAuthorizationRequirementData
{
    /// <param name="permission"><c>resource:action</c>, without wildcards.</param>
    /// <exception cref="ArgumentException">It is not of that form.</exception>
    public RequirePermissionAttribute(string permission)
    {
        ArgumentNullException.ThrowIfNull(permission);
        _ = PermissionName.SplitRequired(permission);
        Permission = permission;
    }

    /// <summary>The permission needed.</summary>
    public string Permission { get; }

    /// <inheritdoc/>
    public IEnumerable<IAuthorizationRequirement> GetRequirements() => [new PermissionRequirement(Permission)];
}
