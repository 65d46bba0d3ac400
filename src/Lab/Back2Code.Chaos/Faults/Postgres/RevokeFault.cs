using Back2Code.Chaos.Faults.Servers;

namespace Back2Code.Chaos.Faults.Postgres;

/// <summary><c>postgres.revoke</c>: a role may not do any more what its service has to do.</summary>
internal sealed class RevokeFault : PostgresFault
{
    public override string Type => "postgres.revoke";

    public override string Summary => "Takes a role's privilege on a table, as a clean-up of permissions does that nobody tested.";

    public override string Symptom => "One kind of request fails with 'permission denied for table', at once and every time; all others work.";

    public override string Receipt => "The server answers that the role has not the privilege any more (has_table_privilege).";

    public override string Undo => "Grants the privilege again when the fault ends, or as soon as PostgreSQL runs again after that.";

    public override FaultExample Example { get; } = new("postgres", ("role", "notes"), ("table", "notes.notes"), ("privilege", "insert"));

    public override IReadOnlyList<FaultParameter> Parameters { get; } =
    [
        Role(),
        Table("The table."),
        new ChoiceParameter("privilege", "What it may not do.", ["select", "insert", "update", "delete"], Required: true),
    ];

    // What refuses a statement by a trigger as well is append-only on purpose, as the audit trail is. 16 and 8 are the bits of UPDATE and DELETE in pg_trigger.
    protected override string? TracesQuery => """
        SELECT 'postgres: ' || relowner::regrole || ' may not ' || privilege || ' on its own ' || c.oid::regclass
        FROM pg_class c, unnest(ARRAY['select', 'insert', 'update', 'delete'], ARRAY[0, 0, 16, 8]) AS p (privilege, bit)
        WHERE c.relkind = 'r' AND NOT has_table_privilege(relowner, c.oid, privilege)
          AND NOT EXISTS (
            SELECT FROM pg_trigger t JOIN pg_proc f ON f.oid = t.tgfoid
            WHERE t.tgrelid = c.oid AND f.proname = 'audit_refuse' AND t.tgtype & bit <> 0 AND t.tgenabled <> 'D')
        """;

    protected override async Task<FaultPlan> PrepareAsync(FaultContext context, FaultSettings settings, CancellationToken cancellationToken)
    {
        var (role, table, privilege) = (settings.Text("role"), PostgresSession.Quote(settings.Text("table")), settings.Text("privilege"));
        await using var session = await PostgresSession.OpenAsync(context.Platform, cancellationToken);
        await RequireTableAsync(session, settings.Text("table"), cancellationToken);
        await RequireRoleAsync(session, role, cancellationToken);
        if (!await HasAsync(session, role, table, privilege, cancellationToken))
        {
            throw new FaultException($"{role} may not {privilege} on {table} anyway.");
        }

        return new FaultPlan
        {
            Undo = [new GrantAgain(role, table, privilege)],
            Act = async token =>
            {
                await using var act = await PostgresSession.OpenToActAsync(context, token);
                await act.ExecuteAsync($"REVOKE {privilege} ON {table} FROM {PostgresSession.Quote(role)}", token);
                return await HasAsync(act, role, table, privilege, token)
                    ? Evidence.NotSeen($"postgres: {role} may still {privilege} on {table}, through another role or PUBLIC")
                    : Evidence.Seen($"postgres: {role} may not {privilege} on {table} any more");
            },
        };
    }

    internal static Task<bool> HasAsync(PostgresSession session, string role, string table, string privilege, CancellationToken cancellationToken) =>
        session.ReadAsync<bool>("SELECT has_table_privilege(@role, @table, @privilege)", cancellationToken, ("role", role), ("table", table), ("privilege", privilege));
}

/// <summary>Gives a privilege back.</summary>
internal sealed record GrantAgain(string Role, string Table, string Privilege) : PostgresUndo
{
    internal override string? Owns => $"the privilege of the role {Role} to {Privilege} on {Table}";

    protected override async Task<string> ApplyAsync(PostgresSession session, IFaultTarget platform, CancellationToken cancellationToken)
    {
        var had = await RevokeFault.HasAsync(session, Role, Table, Privilege, cancellationToken);
        await session.ExecuteAsync($"GRANT {Privilege} ON {Table} TO {PostgresSession.Quote(Role)}", cancellationToken);
        return $"postgres: {Role} may {Privilege} on {Table}{(had ? ", and might before this" : " again")}";
    }
}
