using Back2Code.Chaos.Faults.Servers;

namespace Back2Code.Chaos.Faults.Postgres;

/// <summary>The sessions of ordinary roles.</summary>
internal static class RoleSessions
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Ends every session of a role; of every role but superusers when it is empty.</summary>
    /// <returns>Their processes.</returns>
    public static Task<IReadOnlyList<int>> TerminateAsync(PostgresSession session, string role, CancellationToken cancellationToken) => session.ListAsync<int>(
        """
        SELECT pid FROM (
          SELECT pid, pg_terminate_backend(pid) AS told FROM pg_stat_activity
          WHERE backend_type = 'client backend' AND usesysid IN (SELECT oid FROM pg_roles WHERE NOT rolsuper AND (@role = '' OR rolname = @role))) AS ended
        WHERE told
        """,
        cancellationToken, ("role", role));

    public static Task<(long Left, TimeSpan Took)> UntilGoneAsync(IFaultTarget platform, PostgresSession session, IReadOnlyList<int> pids, CancellationToken cancellationToken) =>
        Watch.UntilAsync(
            platform,
            Patience,
            token => session.ReadAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE pid = ANY(@pids)", token, ("pids", pids.ToArray())),
            left => left == 0,
            cancellationToken);
}
