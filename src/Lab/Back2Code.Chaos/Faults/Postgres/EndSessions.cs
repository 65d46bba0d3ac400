using Back2Code.Chaos.Faults.Servers;

namespace Back2Code.Chaos.Faults.Postgres;

/// <summary>Ends the sessions of a fault on the server, and with them their locks and transactions. They do not outlive the platform.</summary>
internal sealed record EndSessions : UndoStep
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public override async Task<string> ApplyAsync(IFaultTarget platform, UndoRecord record, CancellationToken cancellationToken)
    {
        if ((await platform.ListProcessesAsync(cancellationToken)).FirstOrDefault(p => p.Name == "postgres") is not { Pid: not null })
        {
            return "postgres: is not running, and the fault's sessions are gone with it";
        }

        await using var session = await PostgresSession.OpenAsync(platform, cancellationToken);
        var ended = await EndAsync(platform, session, record.FaultId, cancellationToken);
        return FormattableString.Invariant($"postgres: no session of the fault is left; {ended} had to be ended");
    }

    /// <summary>Ends the sessions of a fault and waits until they are gone.</summary>
    /// <returns>How many there were.</returns>
    public static async Task<long> EndAsync(IFaultTarget platform, PostgresSession session, string faultId, CancellationToken cancellationToken)
    {
        var name = PostgresSession.NameFor(faultId);
        var ended = await session.ReadAsync<long>("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = @name", cancellationToken, ("name", name));
        var (left, _) = await Watch.UntilAsync(
            platform,
            Patience,
            token => session.ReadAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE application_name = @name", token, ("name", name)),
            count => count == 0,
            cancellationToken);
        return left == 0 ? ended : throw new FaultException(FormattableString.Invariant($"postgres: {left} sessions of the fault do not end"));
    }
}
