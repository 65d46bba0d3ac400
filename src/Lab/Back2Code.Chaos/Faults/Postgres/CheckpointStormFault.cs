using Back2Code.Chaos.Faults.Servers;

namespace Back2Code.Chaos.Faults.Postgres;

/// <summary><c>postgres.checkpoint-storm</c>: one checkpoint after the other.</summary>
internal sealed class CheckpointStormFault : PostgresFault
{
    public override string Type => "postgres.checkpoint-storm";

    public override string Summary => "Orders one checkpoint after the other.";

    public override string Symptom => "Writes come to the disk in waves and commits wait for it; the first change of each page after a checkpoint writes the whole page to the log.";

    public override string Receipt => "The server's own counter of requested checkpoints has risen.";

    public override string Undo => "Ends the fault's sessions on the server, and with them the orders; a checkpoint under way comes to its end; PostgreSQL itself ends them when the lease is over.";

    public override FaultExample Example { get; } = new("postgres", ("every", "500ms"));

    public override IReadOnlyList<FaultParameter> Parameters { get; } =
        [new DurationParameter("every", "Pause between two; 1s when left out.", TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1))];

    protected override Task<FaultPlan> PrepareAsync(FaultContext context, FaultSettings settings, CancellationToken cancellationToken)
    {
        var platform = context.Platform;
        var lease = LeaseOf(context);
        var loop = new Repeating(
            async token =>
            {
                await using var session = await PostgresSession.OpenForAsync(platform, context.FaultId, lease, token);
                await session.ExecuteAsync("CHECKPOINT", token);
            },
            settings.Duration("every") ?? TimeSpan.FromSeconds(1), lease, platform.Time);
        return Task.FromResult(new FaultPlan
        {
            Undo = [new EndSessions()],
            Standing = loop,
            Act = token => BeginAsync(platform, loop, token),
            SumUp = _ => Task.FromResult<IReadOnlyList<string>>([$"postgres: checkpoints: {loop.Summary}"]),
        });
    }

    private static async Task<Evidence> BeginAsync(IFaultTarget platform, Repeating loop, CancellationToken cancellationToken)
    {
        await using var observer = await PostgresSession.OpenAsync(platform, cancellationToken);

        // The counter moved to a view of its own in PostgreSQL 17.
        var count = await observer.ReadAsync<bool>("SELECT current_setting('server_version_num')::int >= 170000", cancellationToken)
            ? "SELECT num_requested FROM pg_stat_checkpointer"
            : "SELECT checkpoints_req FROM pg_stat_bgwriter";
        var before = await observer.ReadAsync<long>(count, cancellationToken);
        loop.Start();
        var (after, took) = await Watch.UntilAsync(platform, 2 * Patience, token => observer.ReadAsync<long>(count, token), now => now > before, cancellationToken);
        return after > before
            ? Evidence.Seen($"postgres: {after - before} requested checkpoints within {took.TotalMilliseconds:0} ms")
            : Evidence.NotSeen($"postgres: no requested checkpoint was counted; {loop.Summary}");
    }
}
