using Back2Code.Chaos.Faults.Servers;

namespace Back2Code.Chaos.Faults.Postgres;

/// <summary><c>postgres.long-query</c>: statements that do not come to an end.</summary>
internal sealed class LongQueryFault : PostgresFault
{
    public override string Type => "postgres.long-query";

    public override string Summary => "Runs statements that keep a processor busy until the fault ends.";

    public override string Symptom => "Active sessions whose query is minutes old; everything else on the server gets slower by their share of the processors.";

    public override string Receipt => "The view pg_stat_activity shows the fault's statements active for over 100 ms.";

    public override string Undo => "Ends the fault's sessions on the server, and with them the statements, which have that lease as their statement_timeout too; PostgreSQL itself ends them when the lease is over.";

    public override FaultExample Example { get; } = new("postgres", ("sessions", "1"));

    public override IReadOnlyList<FaultParameter> Parameters { get; } = [new NumberParameter("sessions", "How many at once; 1 when left out.", 1, 16)];

    protected override Task<FaultPlan> PrepareAsync(FaultContext context, FaultSettings settings, CancellationToken cancellationToken)
    {
        var sessions = (int)settings.Number("sessions", 1);
        var held = new HeldSessions(context.Platform, context.FaultId, LeaseOf(context));
        return Task.FromResult(new FaultPlan
        {
            Undo = [new EndSessions()],
            Standing = held,
            Act = token => RunAsync(context, held, sessions, LeaseOf(context), token),
        });
    }

    private static async Task<Evidence> RunAsync(FaultContext context, HeldSessions held, int sessions, TimeSpan lease, CancellationToken cancellationToken)
    {
        for (var n = 0; n < sessions; n++)
        {
            var session = await held.OpenAsync(cancellationToken);

            // The server itself ends it when the lease is over. It is left running on purpose.
            await session.ExecuteAsync(FormattableString.Invariant($"SET statement_timeout = {(long)lease.TotalMilliseconds}"), cancellationToken);
            held.Run(session, "DO $$ DECLARE n bigint := 0; BEGIN LOOP n := n + 1; END LOOP; END $$");
        }

        await using var observer = await PostgresSession.OpenAsync(context.Platform, cancellationToken);
        var (active, took) = await Watch.UntilAsync(
            context.Platform,
            Patience,
            token => observer.ReadAsync<long>(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = @name AND state = 'active' AND clock_timestamp() - query_start > interval '100 ms'",
                token, ("name", PostgresSession.NameFor(context.FaultId))),
            count => count >= sessions,
            cancellationToken);
        return active >= sessions
            ? Evidence.Seen($"postgres: {active} statements of the fault were still running {took.TotalMilliseconds:0} ms after the order")
            : Evidence.NotSeen($"postgres: {active} of {sessions} statements are running");
    }
}
