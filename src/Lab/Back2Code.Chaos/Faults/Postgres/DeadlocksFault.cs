using Back2Code.Chaos.Faults.Servers;

namespace Back2Code.Chaos.Faults.Postgres;

/// <summary><c>postgres.deadlocks</c>: two transactions take the same two rows in opposite order, again and again.</summary>
internal sealed class DeadlocksFault : PostgresFault
{
    public override string Type => "postgres.deadlocks";

    public override string Summary => "Has two transactions lock the two oldest rows of a table in opposite order; PostgreSQL ends one of them each time.";

    public override string Symptom => "The counter pg_stat_database.deadlocks rises and the log names both statements; whoever wants one of the two rows waits for up to a deadlock_timeout.";

    public override string Receipt => "The server's own counter of deadlocks (pg_stat_database) has risen.";

    public override string Undo => "Ends the fault's sessions on the server, and with them the two transactions; PostgreSQL itself ends them when the lease is over.";

    public override FaultExample Example { get; } = new("postgres", ("table", "notes.notes"), ("every", "500ms"));

    public override IReadOnlyList<FaultParameter> Parameters { get; } =
    [
        Table("A table with at least two rows."),
        new DurationParameter("every", "Pause between two deadlocks; 1s when left out.", TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(1)),
    ];

    protected override async Task<FaultPlan> PrepareAsync(FaultContext context, FaultSettings settings, CancellationToken cancellationToken)
    {
        var table = settings.Text("table");
        await using var session = await PostgresSession.OpenAsync(context.Platform, cancellationToken);
        await RequireTableAsync(session, table, cancellationToken);
        var quoted = PostgresSession.Quote(table);
        var loop = new Repeating(
            token => OnceAsync(context, quoted, LeaseOf(context), token), settings.Duration("every") ?? TimeSpan.FromSeconds(1), LeaseOf(context), context.Platform.Time);
        return new FaultPlan
        {
            Undo = [new EndSessions()],
            Standing = loop,
            Act = token => BeginAsync(context.Platform, loop, token),
            SumUp = _ => Task.FromResult<IReadOnlyList<string>>([$"postgres: deadlocks: {loop.Summary}"]),
        };
    }

    private static async Task<Evidence> BeginAsync(IFaultTarget platform, Repeating loop, CancellationToken cancellationToken)
    {
        const string count = "SELECT sum(deadlocks)::bigint FROM pg_stat_database";
        await using var observer = await PostgresSession.OpenAsync(platform, cancellationToken);
        var before = await observer.ReadAsync<long>(count, cancellationToken);
        loop.Start();
        var (after, took) = await Watch.UntilAsync(platform, 2 * Patience, token => observer.ReadAsync<long>(count, token), now => now > before, cancellationToken);
        return after > before
            ? Evidence.Seen($"postgres: pg_stat_database counted {after - before} deadlocks within {took.TotalMilliseconds:0} ms")
            : Evidence.NotSeen($"postgres: pg_stat_database counted no deadlock; {loop.Summary}");
    }

    private static async Task OnceAsync(FaultContext context, string table, TimeSpan lease, CancellationToken cancellationToken)
    {
        // Sessions of their own each time: a session reports its counters when it ends.
        await using var held = new HeldSessions(context.Platform, context.FaultId, lease);
        var one = await held.OpenAsync(cancellationToken);
        var other = await held.OpenAsync(cancellationToken);
        var rows = await one.ListAsync<string>($"SELECT ctid::text FROM {table} ORDER BY ctid LIMIT 2", cancellationToken);
        if (rows.Count < 2)
        {
            throw new FaultException($"{table} has not two rows to deadlock on.");
        }

        // Seen soon, so that those who want the rows are not held up for long by this alone.
        string Lock(int row) => $"SELECT FROM {table} WHERE ctid = {PostgresSession.Literal(rows[row])}::tid FOR UPDATE";
        const string begin = "BEGIN; SET LOCAL deadlock_timeout = '100ms'; ";
        await one.ExecuteAsync(begin + Lock(0), cancellationToken);
        await other.ExecuteAsync(begin + Lock(1), cancellationToken);
        var crossing = await Task.WhenAll(TryAsync(one, Lock(1), cancellationToken), TryAsync(other, Lock(0), cancellationToken));
        if (crossing.All(failed => !failed))
        {
            throw new FaultException("the two transactions passed each other: a row was changed meanwhile");
        }
    }

    private static async Task<bool> TryAsync(PostgresSession session, string sql, CancellationToken cancellationToken)
    {
        try
        {
            await session.ExecuteAsync(sql, cancellationToken);
            return false;
        }
        catch (FaultException e) when (e.InnerException is Npgsql.PostgresException { SqlState: Npgsql.PostgresErrorCodes.DeadlockDetected })
        {
            // The victim's locks go now, so that the survivor can end.
            await session.ExecuteAsync("ROLLBACK", cancellationToken);
            return true;
        }
    }
}
