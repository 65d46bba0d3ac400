using Back2Code.Chaos.Faults.Servers;

namespace Back2Code.Chaos.Faults.Postgres;

/// <summary><c>postgres.lock-rows</c>: a session holds the newest rows of a table, as a forgotten transaction does.</summary>
internal sealed class LockRowsFault : PostgresFault
{
    public override string Type => "postgres.lock-rows";

    public override string Summary => "Holds the newest rows of a table for update; whoever wants to change them waits, readers do not.";

    public override string Symptom => "A few users' writes time out and all others are fine; each such write keeps a connection busy meanwhile.";

    public override string Receipt => "Another session tries to lock the same rows with SKIP LOCKED and gets none of them.";

    public override string Undo => "Ends the fault's sessions on the server, and with them their locks on rows; PostgreSQL itself ends them when the lease is over.";

    public override FaultExample Example { get; } = new("postgres", ("table", "notes.notes"), ("rows", "50"));

    public override IReadOnlyList<FaultParameter> Parameters { get; } =
    [
        Table("The table."),
        new NumberParameter("rows", "How many; 100 when left out.", 1, 100_000),
    ];

    protected override async Task<FaultPlan> PrepareAsync(FaultContext context, FaultSettings settings, CancellationToken cancellationToken)
    {
        var table = settings.Text("table");
        var rows = settings.Number("rows", 100);
        await using var session = await PostgresSession.OpenAsync(context.Platform, cancellationToken);
        await RequireTableAsync(session, table, cancellationToken);
        var held = new HeldSessions(context.Platform, context.FaultId, LeaseOf(context));
        return new FaultPlan
        {
            Undo = [new EndSessions()],
            Standing = held,
            Act = token => LockAsync(context.Platform, held, PostgresSession.Quote(table), rows, token),
        };
    }

    private static async Task<Evidence> LockAsync(IFaultTarget platform, HeldSessions held, string table, long rows, CancellationToken cancellationToken)
    {
        var holder = await held.OpenAsync(cancellationToken);
        await holder.ExecuteAsync("BEGIN", cancellationToken);

        // SKIP LOCKED: on a busy table some row is always being changed, and the fault must not queue up behind it.
        var places = await holder.ListAsync<string>(
            $"SELECT ctid::text FROM {table} ORDER BY ctid DESC LIMIT @rows FOR UPDATE SKIP LOCKED", cancellationToken, ("rows", rows));

        await using var observer = await PostgresSession.OpenAsync(platform, cancellationToken);
        var free = await observer.ReadAsync<long>(
            $"SELECT count(*) FROM (SELECT FROM {table} WHERE ctid = ANY(@places::tid[]) FOR UPDATE SKIP LOCKED) AS free", cancellationToken, ("places", places.ToArray()));
        return places.Count > 0 && free == 0
            ? Evidence.Seen($"postgres: backend {holder.Pid} holds {places.Count} rows of {table}; none of them can be had by another session")
            : Evidence.NotSeen($"postgres: of {places.Count} rows of {table} that backend {holder.Pid} holds, {free} can be had by another session");
    }
}
