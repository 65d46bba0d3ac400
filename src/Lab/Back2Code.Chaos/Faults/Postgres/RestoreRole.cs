namespace Back2Code.Chaos.Faults.Postgres;

/// <summary>Gives a role back what a fault changed. What is null was not changed.</summary>
/// <param name="Verifier">What PostgreSQL keeps of the password: it tests one and does not tell it.</param>
internal sealed record RestoreRole(string Role, bool? Login, int? ConnectionLimit, string? Verifier) : PostgresUndo
{
    internal override string? Owns => $"the {(Login is not null ? "login" : ConnectionLimit is not null ? "connection limit" : "password")} of the role {Role}";

    public static async Task<RestoreRole> OfAsync(PostgresSession session, string role, RoleTrouble trouble, CancellationToken cancellationToken) => trouble switch
    {
        RoleTrouble.NoLogin => new RestoreRole(role, await session.ReadAsync<bool>("SELECT rolcanlogin FROM pg_authid WHERE rolname = @role", cancellationToken, ("role", role)), null, null),
        RoleTrouble.ConnectionLimit => new RestoreRole(role, null, await session.ReadAsync<int>("SELECT rolconnlimit FROM pg_authid WHERE rolname = @role", cancellationToken, ("role", role)), null),
        _ => new RestoreRole(
            role,
            null,
            null,
            await session.ReadAsync<string>("SELECT rolpassword FROM pg_authid WHERE rolname = @role", cancellationToken, ("role", role))
                ?? throw new FaultException($"'{role}' has no password that could be wrong.")),
    };

    /// <summary>A statement that fails would be logged, and may hold a password.</summary>
    public static Task AlterAsync(PostgresSession session, string role, string change, CancellationToken cancellationToken) =>
        session.ExecuteAsync($"SET log_min_error_statement = panic; ALTER ROLE {PostgresSession.Quote(role)} {change}", cancellationToken);

    protected override async Task<string> ApplyAsync(PostgresSession session, IFaultTarget platform, CancellationToken cancellationToken)
    {
        List<string> restored = [];
        if (Login is { } login)
        {
            await AlterAsync(session, Role, login ? "LOGIN" : "NOLOGIN", cancellationToken);
            restored.Add(login ? "its login" : "no login");
        }

        if (ConnectionLimit is { } limit)
        {
            await AlterAsync(session, Role, FormattableString.Invariant($"CONNECTION LIMIT {limit}"), cancellationToken);
            restored.Add(limit < 0 ? "no connection limit" : FormattableString.Invariant($"a connection limit of {limit}"));
        }

        if (Verifier is not null)
        {
            await AlterAsync(session, Role, $"PASSWORD {PostgresSession.Literal(Verifier)}", cancellationToken);
            restored.Add("its password");
        }

        return $"postgres: {Role} has {string.Join(" and ", restored)} again";
    }
}
