namespace Back2Code.Authentication;

/// <summary>The roles that people can have. What each may do is <see cref="Permissions.ByRole"/>.</summary>
public static class Roles
{
    /// <summary>Looks at everything, changes nothing.</summary>
    public const string Viewer = "viewer";

    /// <summary>A viewer who works with data of their own: notes and notifications.</summary>
    public const string Analyst = "analyst";

    /// <summary>An analyst who runs the platform: incidents, jobs and objectives.</summary>
    public const string Operator = "operator";

    /// <summary>Everything.</summary>
    public const string Admin = "admin";

    /// <summary>All roles, each may do at least what the one before it may.</summary>
    public static IReadOnlyList<string> All { get; } = [Viewer, Analyst, Operator, Admin];
}
