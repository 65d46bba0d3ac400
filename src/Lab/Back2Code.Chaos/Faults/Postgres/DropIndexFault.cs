using Back2Code.Chaos.Faults.Servers;

namespace Back2Code.Chaos.Faults.Postgres;

/// <summary><c>postgres.drop-index</c>: an index is gone, as after a clean-up that was too thorough.</summary>
internal sealed class DropIndexFault : PostgresFault
{
    public override string Type => "postgres.drop-index";

    public override string Summary => "Drops an index that enforces nothing; it is created again when the fault ends.";

    public override string Symptom => "No error anywhere: one kind of query gets slower with every row, pg_stat_user_tables.seq_scan rises, and processors are busy.";

    public override FaultExample Example { get; } = new("postgres", ("index", "notes.notes_by_owner"));

    public override IReadOnlyList<FaultParameter> Parameters { get; } = [Index];

    protected override async Task<FaultPlan> PrepareAsync(FaultContext context, FaultSettings settings, CancellationToken cancellationToken)
    {
        var index = PostgresSession.Quote(settings.Text("index"));
        await using var session = await PostgresSession.OpenAsync(context.Platform, cancellationToken);
        var definition = await session.ReadAsync<string>("SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indexrelid = to_regclass(@index)", cancellationToken, ("index", index))
            ?? throw new FaultException($"PostgreSQL has no index '{settings.Text("index")}'.");
        if (await session.ReadAsync<bool>("SELECT indisunique OR indisreplident FROM pg_index WHERE indexrelid = to_regclass(@index)", cancellationToken, ("index", index)))
        {
            // Without it rows could come in that it would refuse, and then it could not be created again.
            throw new FaultException($"'{settings.Text("index")}' keeps rows unique; only an index that enforces nothing may be dropped.");
        }

        return new FaultPlan
        {
            Undo = [new RecreateIndex(index, definition)],
            Act = token => DropAsync(context, index, token),
        };
    }

    private static async Task<Evidence> DropAsync(FaultContext context, string index, CancellationToken cancellationToken)
    {
        await using var session = await PostgresSession.OpenToActAsync(context, cancellationToken);
        await session.ExecuteAsync($"DROP INDEX {index}", cancellationToken);
        return await session.ReadAsync<bool>("SELECT to_regclass(@index) IS NULL", cancellationToken, ("index", index))
            ? Evidence.Seen($"postgres: there is no index {index} any more")
            : Evidence.NotSeen($"postgres: the index {index} is still there");
    }
}

/// <summary>Creates a dropped index again, as it was defined.</summary>
internal sealed record RecreateIndex(string Index, string Definition) : PostgresUndo
{
    internal override string? Owns => $"the index {Index}";

    protected override async Task<string> ApplyAsync(PostgresSession session, IFaultTarget platform, CancellationToken cancellationToken)
    {
        if (!await session.ReadAsync<bool>("SELECT to_regclass(@index) IS NULL", cancellationToken, ("index", Index)))
        {
            return $"postgres: the index {Index} is there";
        }

        var start = platform.Time.GetTimestamp();
        await session.ExecuteAsync(Definition, cancellationToken);
        return FormattableString.Invariant($"postgres: the index {Index} was created again in {platform.Time.GetElapsedTime(start).TotalMilliseconds:0} ms");
    }
}
