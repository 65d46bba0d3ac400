using Back2Code.Chaos.Faults.Servers;

namespace Back2Code.Chaos.Faults.Postgres;

/// <summary><c>postgres.idle-in-transaction</c>: sessions that began a transaction, read something and fell silent.</summary>
internal sealed class IdleInTransactionFault : PostgresFault
{
    public override string Type => "postgres.idle-in-transaction";

    public override string Summary => "Opens transactions that read from a table and then do nothing.";

    public override string Symptom => "Sessions stay 'idle in transaction': vacuum removes no dead row that they might still see, and any ALTER of the table waits, with everybody else behind it.";

    public override string Receipt => "The view pg_stat_activity shows all the fault's sessions idle in transaction and holding a snapshot.";

    public override string Undo => "Ends the fault's sessions on the server, and with them their transactions and snapshots; PostgreSQL itself ends them when the lease is over.";

    public override FaultExample Example { get; } = new("postgres", ("table", "notes.notes"), ("sessions", "5"));

    public override IReadOnlyList<FaultParameter> Parameters { get; } =
    [
        Table("What they read from."),
        new NumberParameter("sessions", "How many; 5 when left out.", 1, 80),
    ];

    protected override async Task<FaultPlan> PrepareAsync(FaultContext context, FaultSettings settings, CancellationToken cancellationToken)
    {
        var table = settings.Text("table");
        var sessions = (int)settings.Number("sessions", 5);
        await using var session = await PostgresSession.OpenAsync(context.Platform, cancellationToken);
        await RequireTableAsync(session, table, cancellationToken);
        var held = new HeldSessions(context.Platform, context.FaultId, LeaseOf(context));
        return new FaultPlan
        {
            Undo = [new EndSessions()],
            Standing = held,
            Act = token => BeginAsync(context, held, PostgresSession.Quote(table), sessions, token),
        };
    }

    private static async Task<Evidence> BeginAsync(FaultContext context, HeldSessions held, string table, int sessions, CancellationToken cancellationToken)
    {
        for (var n = 0; n < sessions; n++)
        {
            // A snapshot that lasts as long as the transaction: that is what holds vacuum back.
            var session = await held.OpenAsync(cancellationToken);
            await session.ExecuteAsync($"BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM {table} LIMIT 1", cancellationToken);
        }

        await using var observer = await PostgresSession.OpenAsync(context.Platform, cancellationToken);
        var (idle, _) = await Watch.UntilAsync(
            context.Platform,
            Patience,
            token => observer.ReadAsync<long>(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = @name AND state = 'idle in transaction' AND backend_xmin IS NOT NULL",
                token, ("name", PostgresSession.NameFor(context.FaultId))),
            count => count >= sessions,
            cancellationToken);
        return idle >= sessions
            ? Evidence.Seen($"postgres: {idle} sessions are idle in transaction and hold a snapshot of {table}")
            : Evidence.NotSeen($"postgres: {idle} of {sessions} sessions are idle in transaction");
    }
}
