using Back2Code.Chaos.Faults.Servers;

namespace Back2Code.Chaos.Faults.Postgres;

/// <summary><c>postgres.stale-statistics</c>: the planner knows nothing of a table, as after a bulk load or an upgrade that nobody analyzed.</summary>
internal sealed class StaleStatisticsFault : PostgresFault
{
    public override string Type => "postgres.stale-statistics";

    public override string Summary => "Takes away what the planner knows of a table, and keeps autovacuum from finding it out again.";

    public override string Symptom => "No error anywhere: plans rest on guesses, joins and sorts of that table go wrong by orders of magnitude, EXPLAIN shows estimates far from the truth.";

    public override string Receipt => "The catalogue has no statistics of the table's columns, and no number of its rows, where it had one of them before.";

    public override string Undo => "Sets the table's autovacuum_enabled to what it was and analyzes the table when the fault ends, or as soon as PostgreSQL runs again after that.";

    public override FaultExample Example { get; } = new("postgres", ("table", "notes.notes"));

    public override IReadOnlyList<FaultParameter> Parameters { get; } = [Table("The table.")];

    protected override string? TracesQuery => "SELECT 'postgres: autovacuum is off for ' || oid::regclass FROM pg_class WHERE 'autovacuum_enabled=false' = ANY(reloptions)";

    protected override async Task<FaultPlan> PrepareAsync(FaultContext context, FaultSettings settings, CancellationToken cancellationToken)
    {
        var table = PostgresSession.Quote(settings.Text("table"));
        await using var session = await PostgresSession.OpenAsync(context.Platform, cancellationToken);
        await RequireTableAsync(session, settings.Text("table"), cancellationToken);
        return new FaultPlan
        {
            Undo = [new RestoreStatistics(table, await RestoreStatistics.ReadAutovacuumAsync(session, table, cancellationToken))],
            Act = token => ForgetAsync(context, table, token),
        };
    }

    private static async Task<Evidence> ForgetAsync(FaultContext context, string table, CancellationToken cancellationToken)
    {
        await using var session = await PostgresSession.OpenToActAsync(context, cancellationToken);

        // What is taken away must have been there: a small table that nobody has written to has never been analyzed.
        await session.ExecuteAsync($"ALTER TABLE {table} SET (autovacuum_enabled = false); ANALYZE {table}", cancellationToken);
        var (columns, rows) = await RestoreStatistics.ReadAsync(session, table, cancellationToken);
        await session.ExecuteAsync(
            "DELETE FROM pg_statistic WHERE starelid = to_regclass(@table); UPDATE pg_class SET reltuples = -1, relpages = 0 WHERE oid = to_regclass(@table)", cancellationToken, ("table", table));
        var (columnsNow, rowsNow) = await RestoreStatistics.ReadAsync(session, table, cancellationToken);
        return columnsNow == 0 && rowsNow < 0 && (columns > 0 || rows >= 0)
            ? Evidence.Seen($"postgres: statistics of {columns} columns of {table} and the number of its rows, {rows}, are gone")
            : Evidence.NotSeen($"postgres: {table} has statistics of {columnsNow} columns and {rowsNow} rows, {columns} and {rows} before");
    }
}

/// <summary>Has PostgreSQL look at a table again, and lets autovacuum do so from now on if it did before.</summary>
/// <param name="Autovacuum">The table's own setting; null for none.</param>
internal sealed record RestoreStatistics(string Table, string? Autovacuum) : PostgresUndo
{
    internal override string? Owns => $"the statistics of {Table}";

    public static Task<string?> ReadAutovacuumAsync(PostgresSession session, string table, CancellationToken cancellationToken) => session.ReadAsync<string>(
        "SELECT split_part(option, '=', 2) FROM pg_class, unnest(reloptions) AS option WHERE oid = to_regclass(@table) AND option LIKE 'autovacuum\\_enabled=%'", cancellationToken, ("table", table));

    /// <summary>How many columns have statistics, and how many rows the planner takes the table to have; -1 when it does not know.</summary>
    public static async Task<(long Columns, long Rows)> ReadAsync(PostgresSession session, string table, CancellationToken cancellationToken) => (
        await session.ReadAsync<long>("SELECT count(*) FROM pg_statistic WHERE starelid = to_regclass(@table)", cancellationToken, ("table", table)),
        await session.ReadAsync<long>("SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass(@table)", cancellationToken, ("table", table)));

    protected override async Task<string> ApplyAsync(PostgresSession session, IFaultTarget platform, CancellationToken cancellationToken)
    {
        await session.ExecuteAsync(
            Autovacuum is null ? $"ALTER TABLE {Table} RESET (autovacuum_enabled)" : $"ALTER TABLE {Table} SET (autovacuum_enabled = {PostgresSession.Literal(Autovacuum)})", cancellationToken);
        await session.ExecuteAsync($"ANALYZE {Table}", cancellationToken);
        var (columns, rows) = await ReadAsync(session, Table, cancellationToken);
        return FormattableString.Invariant($"postgres: {Table} was analyzed: statistics of {columns} columns, {rows} rows");
    }
}
