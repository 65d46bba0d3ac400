using Back2Code.Chaos.Faults.Servers;

namespace Back2Code.Chaos.Faults.Postgres;

/// <summary><c>postgres.slow-writes</c>: every statement that changes a table takes longer on the server, as with a trigger that does too much.</summary>
internal sealed class SlowWritesFault : PostgresFault
{
    public override string Type => "postgres.slow-writes";

    public override string Summary => "Puts a trigger on a table that waits before every statement that changes it.";

    public override string Symptom => "Writes of one kind are late by the same time each; reads are fine until the waiting writes have taken every connection.";

    public override string Receipt => "A statement on the table that changes no row took at least the delay.";

    public override string Undo => "Drops the trigger and its function when the fault ends, or as soon as PostgreSQL runs again after that.";

    public override FaultExample Example { get; } = new("postgres", ("table", "notes.notes"), ("delay", "200ms"));

    public override IReadOnlyList<FaultParameter> Parameters { get; } =
    [
        Table("The table."),
        new DurationParameter("delay", "How long each statement waits.", TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1), Required: true),
    ];

    protected override string? TracesQuery => """
        SELECT 'postgres: trigger ' || tgname || ' on ' || tgrelid::regclass FROM pg_trigger WHERE tgname LIKE 'back2code\_fault\_%'
        """;

    protected override async Task<FaultPlan> PrepareAsync(FaultContext context, FaultSettings settings, CancellationToken cancellationToken)
    {
        var table = PostgresSession.Quote(settings.Text("table"));
        var delay = settings.Duration("delay")!.Value;
        await using var session = await PostgresSession.OpenAsync(context.Platform, cancellationToken);
        await RequireTableAsync(session, settings.Text("table"), cancellationToken);

        // An identifier has 63 bytes; the id is time-ordered, so its end is what tells two apart.
        var name = PostgresSession.Quote("back2code_fault_" + context.FaultId[Math.Max(0, context.FaultId.Length - 40)..]);
        return new FaultPlan
        {
            Undo = [new DropTrigger(table, name)],
            Act = token => SlowDownAsync(context, table, name, delay, token),
        };
    }

    private static async Task<Evidence> SlowDownAsync(FaultContext context, string table, string name, TimeSpan delay, CancellationToken cancellationToken)
    {
        await using var session = await PostgresSession.OpenToActAsync(context, cancellationToken);
        await session.ExecuteAsync(
            FormattableString.Invariant($"""
            CREATE FUNCTION public.{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep({delay.TotalSeconds:0.###}); RETURN NULL; END $$;
            CREATE TRIGGER {name} BEFORE INSERT OR UPDATE OR DELETE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION public.{name}();
            """),
            cancellationToken);

        // Changes nothing, and the trigger runs all the same.
        var start = context.Platform.Time.GetTimestamp();
        await session.ExecuteAsync($"DELETE FROM {table} WHERE false", cancellationToken);
        var took = context.Platform.Time.GetElapsedTime(start);
        return took >= delay
            ? Evidence.Seen($"postgres: a statement that changes nothing in {table} took {took.TotalMilliseconds:0} ms")
            : Evidence.NotSeen($"postgres: a statement that changes nothing in {table} took only {took.TotalMilliseconds:0} ms");
    }
}

/// <summary>Removes the trigger of a fault and its function.</summary>
internal sealed record DropTrigger(string Table, string Name) : PostgresUndo
{
    protected override async Task<string> ApplyAsync(PostgresSession session, IFaultTarget platform, CancellationToken cancellationToken)
    {
        var there = await session.ReadAsync<bool>("SELECT to_regprocedure(@function) IS NOT NULL", cancellationToken, ("function", $"public.{Name}()"));
        await session.ExecuteAsync($"DROP TRIGGER IF EXISTS {Name} ON {Table}; DROP FUNCTION IF EXISTS public.{Name}()", cancellationToken);
        return there ? $"postgres: the trigger on {Table} is removed" : $"postgres: the trigger on {Table} was gone";
    }
}
