using Back2Code.Chaos.Faults.Servers;
using Npgsql;

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

    /// <summary>Logs in as a role, as its service would, so many times at once or until it is refused.</summary>
    /// <exception cref="FaultException">PostgreSQL gives no answer.</exception>
    public static async Task<(PostgresException? Refusal, int LetIn)> TryLogInAsync(
        IFaultTarget platform, string role, string password, long sessions, CancellationToken cancellationToken)
    {
        var service = PostgresSession.StringFor(platform, "back2code fault", "");
        (service.Username, service.Password) = (role, password);
        List<NpgsqlConnection> open = [];
        try
        {
            while (open.Count < sessions)
            {
                var connection = new NpgsqlConnection(service.ConnectionString);
                try
                {
                    await connection.OpenAsync(cancellationToken);
                    open.Add(connection);
                }
                catch (PostgresException refusal)
                {
                    await connection.DisposeAsync();
                    return (refusal, open.Count);
                }
                catch (Exception e) when (PostgresSession.IsTrouble(e))
                {
                    await connection.DisposeAsync();
                    throw new FaultException($"PostgreSQL cannot be reached as {role}: {e.Message}", e);
                }
            }

            return (null, open.Count);
        }
        finally
        {
            foreach (var connection in open)
            {
                await connection.DisposeAsync();
            }
        }
    }
}
