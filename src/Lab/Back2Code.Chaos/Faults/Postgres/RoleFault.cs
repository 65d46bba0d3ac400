using System.Security.Cryptography;
using Back2Code.Chaos.Faults.Servers;
using Npgsql;

namespace Back2Code.Chaos.Faults.Postgres;

/// <summary>What may be wrong with a role.</summary>
internal enum RoleTrouble
{
    NoLogin,
    WrongPassword,
    ConnectionLimit,
}

/// <summary>A role that cannot log in as it should. Sessions that stand would not notice, so they are ended: the next one has to log in.</summary>
internal sealed class RoleFault(RoleTrouble trouble, string type, string summary, string symptom) : PostgresFault
{
    // Above this, trying would itself use up the connections of everybody.
    private const int MostLogins = 20;

    public static IReadOnlyList<IFault> All { get; } =
    [
        new RoleFault(
            RoleTrouble.NoLogin,
            "postgres.no-login",
            "Takes a role's right to log in and ends its sessions.",
            "PostgreSQL is up and fine for everybody else; one service is told 'role is not permitted to log in'."),
        new RoleFault(
            RoleTrouble.WrongPassword,
            "postgres.wrong-password",
            "Changes a role's password without telling its service, as a rotation that went half-way, and ends its sessions.",
            "PostgreSQL is up and fine for everybody else; one service is told 'password authentication failed'. Restarting it does not help."),
        new RoleFault(
            RoleTrouble.ConnectionLimit,
            "postgres.connection-limit",
            "Limits how many connections a role may have, and ends its sessions.",
            "Under load some connections are refused with 'too many connections for role'; alone, each request works."),
    ];

    public override string Type => type;

    public override string Summary => summary;

    public override string Symptom => symptom;

    public override FaultExample Example { get; } = new("postgres", ("role", "notes"));

    public override IReadOnlyList<FaultParameter> Parameters { get; } =
        trouble == RoleTrouble.ConnectionLimit ? [Role(), new NumberParameter("limit", "How many it may have; 2 when left out.", 0, 1000)] : [Role()];

    // Of a password only its role knows whether it is right.
    protected override string? TracesQuery => trouble switch
    {
        RoleTrouble.NoLogin => "SELECT 'postgres: ' || rolname || ' owns a schema and may not log in' FROM pg_roles WHERE NOT rolcanlogin AND oid IN (SELECT nspowner FROM pg_namespace) AND rolname NOT LIKE 'pg\\_%'",
        RoleTrouble.ConnectionLimit => "SELECT 'postgres: ' || rolname || ' may have only ' || rolconnlimit || ' connections' FROM pg_roles WHERE rolconnlimit >= 0",
        _ => null,
    };

    protected override async Task<FaultPlan> PrepareAsync(FaultContext context, FaultSettings settings, CancellationToken cancellationToken)
    {
        var role = settings.Text("role");
        var limit = settings.Number("limit", 2);
        await using var session = await PostgresSession.OpenAsync(context.Platform, cancellationToken);
        await RequireRoleAsync(session, role, cancellationToken);
        return new FaultPlan
        {
            Undo = [await RestoreRole.OfAsync(session, role, trouble, cancellationToken)],
            Act = token => ChangeAsync(context, role, limit, token),
        };
    }

    private async Task<Evidence> ChangeAsync(FaultContext context, string role, long limit, CancellationToken cancellationToken)
    {
        var platform = context.Platform;
        await using var session = await PostgresSession.OpenToActAsync(context, cancellationToken);
        await RestoreRole.AlterAsync(
            session,
            role,
            trouble switch
            {
                RoleTrouble.NoLogin => "NOLOGIN",
                RoleTrouble.WrongPassword => $"PASSWORD {PostgresSession.Literal(RandomNumberGenerator.GetHexString(32))}",
                _ => FormattableString.Invariant($"CONNECTION LIMIT {limit}"),
            },
            cancellationToken);
        var pids = await RoleSessions.TerminateAsync(session, role, cancellationToken);
        await RoleSessions.UntilGoneAsync(platform, session, pids, cancellationToken);
        return limit <= MostLogins && platform.PostgresPasswordOf(role) is { } password
            ? await LogInAsync(platform, role, password, limit, pids.Count, cancellationToken)
            : await WatchSessionsAsync(platform, session, role, limit, pids.Count, cancellationToken);
    }

    /// <summary>The refusal itself, as its service meets it.</summary>
    private async Task<Evidence> LogInAsync(IFaultTarget platform, string role, string password, long limit, int ended, CancellationToken cancellationToken)
    {
        var (sessions, expected) = trouble switch
        {
            RoleTrouble.NoLogin => (1L, PostgresErrorCodes.InvalidAuthorizationSpecification),
            RoleTrouble.WrongPassword => (1L, PostgresErrorCodes.InvalidPassword),
            _ => (limit + 1, PostgresErrorCodes.TooManyConnections),
        };
        var (refusal, letIn) = await RoleSessions.TryLogInAsync(platform, role, password, sessions, cancellationToken);
        return refusal?.SqlState == expected
            ? Evidence.Seen($"postgres: {ended} sessions of {role} were ended; after {letIn} more it is refused: {refusal.MessageText} ({refusal.SqlState})")
            : Evidence.NotSeen($"postgres: {ended} sessions of {role} were ended; {letIn} of {sessions} are let in again{(refusal is null ? "" : $", then one is refused for another reason: {refusal.MessageText} ({refusal.SqlState})")}");
    }

    /// <summary>Where nobody knows the role's password, or trying would take too many connections. Long enough for its service to have tried again: what was ended must not have come back in full.</summary>
    private async Task<Evidence> WatchSessionsAsync(IFaultTarget platform, PostgresSession session, string role, long limit, int ended, CancellationToken cancellationToken)
    {
        var allowed = trouble == RoleTrouble.ConnectionLimit ? limit : 0;
        await Task.Delay(TimeSpan.FromMilliseconds(200), platform.Time, cancellationToken);
        var left = await session.ReadAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE usename = @role", cancellationToken, ("role", role));
        return left <= allowed && ended > 0
            ? Evidence.Seen($"postgres: {ended} sessions of {role} were ended, and {left} have come back; {allowed} may")
            : Evidence.NotSeen($"postgres: {ended} sessions of {role} were ended, {left} are there, and {allowed} may be");
    }
}
