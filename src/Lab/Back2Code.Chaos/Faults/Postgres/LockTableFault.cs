using Back2Code.Chaos.Faults.Servers;

namespace Back2Code.Chaos.Faults.Postgres;

/// <summary><c>postgres.lock-table</c>: a session holds a lock on a whole table, as a migration does that waits for its operator.</summary>
internal sealed class LockTableFault : PostgresFault
{
    // Those who are about to wait for the lock show within a second on a platform with any traffic; the lock itself is the proof.
    private static readonly TimeSpan WaitersPatience = TimeSpan.FromSeconds(1);

    public override string Type => "postgres.lock-table";

    public override string Summary => "Holds a lock on a whole table; whoever needs it waits.";

    public override string Symptom => "Requests on the table run into their time-outs while PostgreSQL is idle; pg_locks shows one session that all others wait for.";

    public override string Receipt => "The view pg_locks shows the lock as granted to the fault's session; the sessions that wait for it are counted.";

    public override string Undo => "Ends the fault's sessions on the server, and with them the lock; PostgreSQL itself ends them when the lease is over.";

    public override FaultExample Example { get; } = new("postgres", ("table", "notes.notes"));

    public override IReadOnlyList<FaultParameter> Parameters { get; } =
    [
        Table("The table."),
        new ChoiceParameter("mode", "How much it stops: access-exclusive readers and writers (the default), exclusive and share only writers.", ["access-exclusive", "exclusive", "share"]),
    ];

    /// <summary>For every fault that stands by a session: those of faults that nobody knows of any more.</summary>
    public override async Task<IReadOnlyList<string>> FindTracesAsync(IFaultTarget platform, CancellationToken cancellationToken)
    {
        if (!await IsRunningAsync(platform, cancellationToken))
        {
            return [];
        }

        var standing = (await FaultJournal.ListAsync(platform.FaultsDirectory, platform.Time, cancellationToken)).Select(f => PostgresSession.NameFor(f.FaultId)).ToHashSet();
        await using var session = await PostgresSession.OpenAsync(platform, cancellationToken);
        var names = await session.ListAsync<string>("SELECT application_name FROM pg_stat_activity WHERE application_name LIKE 'fault %'", cancellationToken);
        return [.. names.Where(name => !standing.Contains(name)).Select(name => $"postgres: a session '{name}' stands")];
    }

    protected override async Task<FaultPlan> PrepareAsync(FaultContext context, FaultSettings settings, CancellationToken cancellationToken)
    {
        var table = settings.Text("table");
        var mode = settings.Choice("mode", "access-exclusive").Replace('-', ' ').ToUpperInvariant();
        await using var session = await PostgresSession.OpenAsync(context.Platform, cancellationToken);
        await RequireTableAsync(session, table, cancellationToken);
        var held = new HeldSessions(context.Platform, context.FaultId, LeaseOf(context));
        return new FaultPlan
        {
            Undo = [new EndSessions()],
            Standing = held,
            Act = token => LockAsync(context.Platform, held, table, mode, token),
        };
    }

    private static async Task<Evidence> LockAsync(IFaultTarget platform, HeldSessions held, string table, string mode, CancellationToken cancellationToken)
    {
        var start = platform.Time.GetTimestamp();
        var holder = await held.OpenAsync(cancellationToken);
        await holder.ExecuteAsync($"BEGIN; LOCK TABLE {PostgresSession.Quote(table)} IN {mode} MODE", cancellationToken);
        var took = platform.Time.GetElapsedTime(start);

        await using var observer = await PostgresSession.OpenAsync(platform, cancellationToken);
        var granted = await observer.ReadAsync<long>(
            "SELECT count(*) FROM pg_locks WHERE pid = @pid AND relation = to_regclass(@table) AND granted",
            cancellationToken, ("pid", holder.Pid), ("table", PostgresSession.Quote(table))) > 0;
        var (waiting, _) = await Watch.UntilAsync(
            platform,
            WaitersPatience,
            token => observer.ReadAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE @pid = ANY(pg_blocking_pids(pid))", token, ("pid", holder.Pid)),
            count => count > 0,
            cancellationToken);
        return granted
            ? Evidence.Seen($"postgres: {table} is locked by backend {holder.Pid} since {took.TotalMilliseconds:0} ms after the order; {waiting} sessions wait for it")
            : Evidence.NotSeen($"postgres: pg_locks shows no lock of backend {holder.Pid} on {table}");
    }
}
