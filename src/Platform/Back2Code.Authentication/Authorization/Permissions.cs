using System.Collections.Frozen;

namespace Back2Code.Authentication;

/// <summary>
/// The catalogue: every permission that an endpoint of the platform asks for or a role grants, and what each role may do.
/// A permission is <c>resource:action</c>; what is granted may have <c>*</c> for either, and <c>*</c> alone is everything.
/// </summary>
public static class Permissions
{
    /// <summary>List and read one's notes.</summary>
    public const string NotesRead = "notes:read";

    /// <summary>Create, replace and delete one's notes.</summary>
    public const string NotesWrite = "notes:write";

    /// <summary>List one's notifications.</summary>
    public const string NotificationsRead = "notifications:read";

    /// <summary>Mark one's notifications as read.</summary>
    public const string NotificationsWrite = "notifications:write";

    /// <summary>Read incidents, their time lines, actions and postmortems.</summary>
    public const string IncidentsRead = "incidents:read";

    /// <summary>Open and work on incidents, and tell of events that may explain them.</summary>
    public const string IncidentsWrite = "incidents:write";

    /// <summary>List alerts.</summary>
    public const string AlertsRead = "alerts:read";

    /// <summary>Read objectives and their error budgets.</summary>
    public const string SlosRead = "slos:read";

    /// <summary>Change objectives.</summary>
    public const string SlosWrite = "slos:write";

    /// <summary>Read what the health checks found.</summary>
    public const string HealthRead = "health:read";

    /// <summary>Start and stop jobs.</summary>
    public const string JobsWrite = "jobs:write";

    /// <summary>List users.</summary>
    public const string UsersRead = "users:read";

    /// <summary>Create, disable and enable users, and give them roles.</summary>
    public const string UsersWrite = "users:write";

    /// <summary>Read all that is held about somebody else. Not a kind of reading: <c>*:read</c> does not include it.</summary>
    public const string UsersExport = "users:export";

    /// <summary>List one's sessions.</summary>
    public const string SessionsRead = "sessions:read";

    /// <summary>End one's sessions.</summary>
    public const string SessionsWrite = "sessions:write";

    /// <summary>List the clients of the identity service.</summary>
    public const string ClientsRead = "clients:read";

    /// <summary>Create clients and give them new secrets.</summary>
    public const string ClientsWrite = "clients:write";

    /// <summary>List signing keys, without their private parts.</summary>
    public const string KeysRead = "keys:read";

    /// <summary>Let the next signing key sign.</summary>
    public const string KeysWrite = "keys:write";

    /// <summary>List, verify and export the audit trail.</summary>
    public const string AuditRead = "audit:read";

    /// <summary>Read everything; granted, never asked for.</summary>
    public const string EverythingRead = "*:read";

    /// <summary>Do everything; granted, never asked for.</summary>
    public const string Everything = "*";

    private static readonly string[] ViewerMay = [EverythingRead];
    private static readonly string[] AnalystMay = [.. ViewerMay, NotesWrite, NotificationsWrite, SessionsWrite];
    private static readonly string[] OperatorMay = [.. AnalystMay, IncidentsWrite, JobsWrite, SlosWrite];

    /// <summary>What each of <see cref="Roles.All"/> may do. Whoever issues tokens puts these into the <c>scope</c> claim.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> ByRole { get; } = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal)
    {
        [Roles.Viewer] = ViewerMay,
        [Roles.Analyst] = AnalystMay,
        [Roles.Operator] = OperatorMay,
        [Roles.Admin] = [Everything],
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The value of the <c>scope</c> claim (RFC 8693 section 4.2) for somebody who has these roles: each permission once.</summary>
    /// <param name="roles">Any of <see cref="Roles.All"/>; none gives the empty text, which allows nothing.</param>
    /// <exception cref="ArgumentException">A role that does not exist.</exception>
    public static string ScopeOf(params IEnumerable<string> roles)
    {
        ArgumentNullException.ThrowIfNull(roles);
        return string.Join(' ', roles
            .SelectMany(static role => ByRole.TryGetValue(role, out var granted)
                ? granted
                : throw new ArgumentException($"There is no role '{role}'; the roles are {string.Join(", ", Roles.All)}.", nameof(roles)))
            .Distinct(StringComparer.Ordinal));
    }
}
