using Back2Code.Chaos.Faults.Servers;

namespace Back2Code.Chaos.Faults.Postgres;

/// <summary><c>postgres.terminate-backends</c>: every session is cut at once.</summary>
internal sealed class TerminateBackendsFault : PostgresFault
{
    public override string Type => "postgres.terminate-backends";

    public override string Summary => "Ends sessions on the server, all at once, as a failover or an impatient administrator does.";

    public override string Symptom => "Pools hold connections that are dead; whoever takes one gets 'terminating connection due to administrator command', and all connect again in the same moment.";

    public override string Receipt => "The view pg_stat_activity shows none of the sessions any more that were there before.";

    public override string Undo => "Nothing to undo: clients connect again by themselves.";

    public override FaultExample Example { get; } = new("postgres", ("role", "notes"));

    public override bool Lasts => false;

    public override IReadOnlyList<FaultParameter> Parameters { get; } = [Role(required: false)];

    protected override async Task<FaultPlan> PrepareAsync(FaultContext context, FaultSettings settings, CancellationToken cancellationToken)
    {
        var role = settings.Choice("role", "");
        if (role.Length > 0)
        {
            await using var session = await PostgresSession.OpenAsync(context.Platform, cancellationToken);
            await RequireRoleAsync(session, role, cancellationToken);
        }

        return new FaultPlan { Act = token => TerminateAsync(context.Platform, role, token) };
    }

    private static async Task<Evidence> TerminateAsync(IFaultTarget platform, string role, CancellationToken cancellationToken)
    {
        await using var session = await PostgresSession.OpenAsync(platform, cancellationToken);
        var pids = await RoleSessions.TerminateAsync(session, role, cancellationToken);
        var (left, took) = await RoleSessions.UntilGoneAsync(platform, session, pids, cancellationToken);
        return pids.Count > 0 && left == 0
            ? Evidence.Seen($"postgres: {pids.Count} sessions{(role.Length > 0 ? $" of {role}" : "")} were ended and gone after {took.TotalMilliseconds:0} ms")
            : Evidence.NotSeen($"postgres: of {pids.Count} sessions that were to end, {left} are there");
    }
}
