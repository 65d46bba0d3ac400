using Npgsql;

namespace Back2Code.Chaos.Faults.Postgres;

/// <summary>One connection of the superuser, of its own and not pooled. What goes wrong on it is a <see cref="FaultException"/>.</summary>
internal sealed class PostgresSession : IAsyncDisposable
{
    // Whatever a fault changed about the server's settings must not hold up those who look at it or undo it.
    private const string Unhindered = "-c statement_timeout=0 -c lock_timeout=5000 -c default_transaction_read_only=off -c enable_indexscan=on";

    private readonly NpgsqlConnection _connection;

    private PostgresSession(NpgsqlConnection connection) => _connection = connection;

    /// <summary>The number of its process on the server.</summary>
    public int Pid => _connection.ProcessID;

    public static Task<PostgresSession> OpenAsync(IFaultTarget platform, CancellationToken cancellationToken) =>
        OpenAsync(platform, "back2code fault", Unhindered, cancellationToken);

    /// <summary>A session as any client gets one, with the server's settings as they are.</summary>
    public static Task<PostgresSession> OpenPlainAsync(IFaultTarget platform, CancellationToken cancellationToken) =>
        OpenAsync(platform, "back2code fault", "", cancellationToken);

    /// <summary>A session that belongs to a fault and that <see cref="EndSessions"/> finds by its name. The server itself ends it when the lease is over.</summary>
    public static Task<PostgresSession> OpenForAsync(IFaultTarget platform, string faultId, TimeSpan lease, CancellationToken cancellationToken)
    {
        var ms = (long)lease.TotalMilliseconds;
        return OpenAsync(
            platform,
            NameFor(faultId),
            FormattableString.Invariant($"{Unhindered} -c idle_in_transaction_session_timeout={ms} -c idle_session_timeout={ms}"),
            cancellationToken);
    }

    /// <summary>
    /// A session that changes something for a fault. Named like those that stand: should this process die while a statement waits for a lock, the statement
    /// would go on, and be done after it was undone; so undoing ends it first.
    /// </summary>
    public static Task<PostgresSession> OpenToActAsync(FaultContext context, CancellationToken cancellationToken) =>
        OpenForAsync(context.Platform, context.FaultId, TimeSpan.FromMinutes(1), cancellationToken);

    /// <summary>PostgreSQL keeps 63 bytes of a session's name.</summary>
    public static string NameFor(string faultId) => "fault " + (faultId.Length <= 50 ? faultId : faultId[..50]);

    public static string Quote(string name) => string.Join('.', name.Split('.').Select(part => new NpgsqlCommandBuilder().QuoteIdentifier(part)));

    public static string Literal(string text) => "'" + text.Replace("'", "''", StringComparison.Ordinal) + "'";

    public Task ExecuteAsync(string sql, CancellationToken cancellationToken, params (string Name, object Value)[] parameters) =>
        RunAsync(sql, parameters, async command => await command.ExecuteNonQueryAsync(cancellationToken));

    /// <returns>The first column of the first row; default where there is no row, or it holds null.</returns>
    public Task<T?> ReadAsync<T>(string sql, CancellationToken cancellationToken, params (string Name, object Value)[] parameters) =>
        RunAsync(sql, parameters, async command => await command.ExecuteScalarAsync(cancellationToken) is T value ? value : default);

    /// <returns>The first column of every row.</returns>
    public Task<IReadOnlyList<T>> ListAsync<T>(string sql, CancellationToken cancellationToken, params (string Name, object Value)[] parameters) =>
        RunAsync<IReadOnlyList<T>>(sql, parameters, async command =>
        {
            List<T> values = [];
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                values.Add(await reader.GetFieldValueAsync<T>(0, cancellationToken));
            }

            return values;
        });

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    /// <summary>For a connection of its own and not pooled, straight to the server.</summary>
    internal static NpgsqlConnectionStringBuilder StringFor(IFaultTarget platform, string name, string options) => new(platform.PostgresConnectionString)
    {
        ApplicationName = name,
        Options = options,
        Pooling = false,
        Timeout = 5,
        CommandTimeout = 0,
        SslMode = SslMode.Disable,
        GssEncryptionMode = GssEncryptionMode.Disable,
    };

    private static async Task<PostgresSession> OpenAsync(IFaultTarget platform, string name, string options, CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(StringFor(platform, name, options).ConnectionString);
        try
        {
            await connection.OpenAsync(cancellationToken);
            return new PostgresSession(connection);
        }
        catch (Exception e) when (IsTrouble(e))
        {
            await connection.DisposeAsync();
            throw new FaultException($"PostgreSQL cannot be reached: {e.Message}", e);
        }
    }

    private async Task<T> RunAsync<T>(string sql, (string Name, object Value)[] parameters, Func<NpgsqlCommand, Task<T>> run)
    {
        // Names in it come from checked parameters and are quoted; statements such as LOCK and ALTER take no parameters.
#pragma warning disable CA2100
        await using var command = new NpgsqlCommand(sql, _connection);
#pragma warning restore CA2100
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value);
        }

        try
        {
            return await run(command);
        }
        catch (Exception e) when (IsTrouble(e))
        {
            throw new FaultException($"PostgreSQL: {e.Message}", e);
        }
    }

    internal static bool IsTrouble(Exception e) => e is NpgsqlException or System.Net.Sockets.SocketException or IOException or TimeoutException or InvalidOperationException;
}
