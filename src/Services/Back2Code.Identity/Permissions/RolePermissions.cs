namespace Back2Code.Identity;

/// <summary>What each role may do, as patterns that can be compared with what a client may have.</summary>
internal static class RolePermissions
{
    private static readonly Dictionary<string, PermissionPattern[]> ByRole = Authentication.Permissions.ByRole
        .ToDictionary(role => role.Key, role => role.Value.Select(PermissionPattern.Parse).ToArray(), StringComparer.Ordinal);

    /// <summary>Nothing for a role that does not exist.</summary>
    public static IReadOnlyCollection<PermissionPattern> Of(string role) => ByRole.GetValueOrDefault(role, []);
}
