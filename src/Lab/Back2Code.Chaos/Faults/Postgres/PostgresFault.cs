using Back2Code.Chaos.Faults.Servers;

namespace Back2Code.Chaos.Faults.Postgres;

/// <summary>A fault inside PostgreSQL.</summary>
internal abstract class PostgresFault : ServerFault
{
    private const string Identifier = "[A-Za-z_][A-Za-z0-9_]{0,62}";

    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public override async Task<IReadOnlyList<string>> FindTracesAsync(IFaultTarget platform, CancellationToken cancellationToken)
    {
        if (TracesQuery is null || !await IsRunningAsync(platform, cancellationToken))
        {
            return [];
        }

        await using var session = await PostgresSession.OpenAsync(platform, cancellationToken);
        return await session.ListAsync<string>(TracesQuery, cancellationToken);
    }

    protected override string Server => "postgres";

    /// <summary>Lists what an injection would leave, one line each; null where nothing tells it from what was there before.</summary>
    protected virtual string? TracesQuery => null;

    protected static FaultParameter Table(string summary) => new NameParameter("table", summary, $@"{Identifier}\.{Identifier}", "schema.table, such as notes.notes", Required: true);

    protected static FaultParameter Role(bool required = true) =>
        new NameParameter("role", required ? "Whose sessions." : "Whose sessions; everybody's but the superuser's when left out.", Identifier, "a role, such as notes", required);

    protected static FaultParameter Index { get; } =
        new NameParameter("index", "The index.", $@"{Identifier}\.{Identifier}", "schema.index, such as notes.notes_by_owner", Required: true);

    /// <exception cref="FaultException">There is no such table.</exception>
    protected static async Task RequireTableAsync(PostgresSession session, string table, CancellationToken cancellationToken)
    {
        if (!await session.ReadAsync<bool>("SELECT EXISTS (SELECT FROM pg_class WHERE oid = to_regclass(@table) AND relkind IN ('r', 'p'))", cancellationToken, ("table", PostgresSession.Quote(table))))
        {
            throw new FaultException($"PostgreSQL has no table '{table}'.");
        }
    }

    /// <exception cref="FaultException">There is no such role, or it is the superuser that undoing needs.</exception>
    protected static async Task RequireRoleAsync(PostgresSession session, string role, CancellationToken cancellationToken)
    {
        if (await session.ReadAsync<object>("SELECT rolsuper FROM pg_roles WHERE rolname = @role", cancellationToken, ("role", role)) is not bool superuser)
        {
            throw new FaultException($"PostgreSQL has no role '{role}'. There are: {string.Join(", ", await session.ListAsync<string>("SELECT rolname::text FROM pg_roles WHERE rolcanlogin AND NOT rolsuper ORDER BY 1", cancellationToken))}.");
        }

        if (superuser)
        {
            throw new FaultException($"'{role}' is a superuser: whoever undoes the fault has to get in.");
        }
    }
}
