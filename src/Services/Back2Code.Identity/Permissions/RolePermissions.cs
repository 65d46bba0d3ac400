namespace Back2Code.Identity;

/// <summary>What each role may do.</summary>
internal static class RolePermissions
{
    private static readonly PermissionPattern[] Viewer = [PermissionPattern.Parse("*:read")];
    private static readonly PermissionPattern[] Analyst =
        [.. Viewer, PermissionPattern.Parse("notes:write"), PermissionPattern.Parse("notifications:write")];
    private static readonly PermissionPattern[] Operator =
        [.. Analyst, PermissionPattern.Parse("incidents:write"), PermissionPattern.Parse("jobs:write"), PermissionPattern.Parse("slos:write")];
    private static readonly PermissionPattern[] Admin = [PermissionPattern.All];

    public static IReadOnlyCollection<PermissionPattern> Of(string role) => role switch
    {
        "viewer" => Viewer,
        "analyst" => Analyst,
        "operator" => Operator,
        "admin" => Admin,
        _ => [],
    };
}
