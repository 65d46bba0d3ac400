using Back2Code.Chaos.Faults.Servers;

namespace Back2Code.Chaos.Faults.Postgres;

/// <summary><c>postgres.revoke</c>: a role may not do any more what its service has to do.</summary>
internal sealed class RevokeFault : PostgresFault
{
    public override string Type => "postgres.revoke";

    public override string Summary => "Takes a role's privilege on a table, as a clean-up of permissions does that nobody tested.";

    public override string Symptom => "One kind of request fails with 'permission denied for table', at once and every time; all others work.";

    public override FaultExample Example { get; } = new("postgres", ("role", "notes"), ("table", "notes.notes"), ("privilege", "insert"));

    public override IReadOnlyList<FaultParameter> Parameters { get; } =
    [
        Role(),
        Table("The table."),
        new ChoiceParameter("privilege", "What it may not do.", ["select", "insert", "update", "delete"], Required: true),
    ];

    protected override string? TracesQuery => """
        SELECT 'postgres: ' || relowner::regrole || ' may not ' || privilege || ' on its own ' || c.oid::regclass
        FROM pg_class c, unnest(ARRAY['select', 'insert', 'update', 'delete']) AS privilege
        WHERE c.relkind = 'r' AND NOT has_table_privilege(relowner, c.oid, privilege)
          -- The audit trail is append-only by grant, on purpose.
          AND NOT (c.relname LIKE 'audit\_%' AND privilege IN ('update', 'delete'))
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
