using Npgsql;

namespace Back2Code.Identity;

internal static class SqlCommands
{
    /// <summary>A command with named parameters; null becomes SQL's NULL.</summary>
    public static NpgsqlCommand Command(
        this NpgsqlConnection connection, NpgsqlTransaction? transaction, string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        NpgsqlCommand command = new(sql, connection, transaction);
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        }

        return command;
    }

    /// <returns>How many rows it changed.</returns>
    public static async Task<int> ExecuteAsync(
        this NpgsqlConnection connection, NpgsqlTransaction? transaction, string sql, CancellationToken cancellationToken, params (string Name, object? Value)[] parameters)
    {
        await using NpgsqlCommand command = connection.Command(transaction, sql, parameters);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <returns>The first row, or null when there is none.</returns>
    public static async Task<T?> FirstAsync<T>(
        this NpgsqlConnection connection, NpgsqlTransaction? transaction, string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken,
        params (string Name, object? Value)[] parameters)
        where T : class
    {
        await using NpgsqlCommand command = connection.Command(transaction, sql, parameters);
        await using NpgsqlDataReader row = await command.ExecuteReaderAsync(cancellationToken);
        return await row.ReadAsync(cancellationToken) ? read(row) : null;
    }

    public static async Task<List<T>> ListAsync<T>(
        this NpgsqlConnection connection, NpgsqlTransaction? transaction, string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken,
        params (string Name, object? Value)[] parameters)
    {
        await using NpgsqlCommand command = connection.Command(transaction, sql, parameters);
        await using NpgsqlDataReader row = await command.ExecuteReaderAsync(cancellationToken);
        List<T> items = [];
        while (await row.ReadAsync(cancellationToken))
        {
            items.Add(read(row));
        }

        return items;
    }

    public static T? ValueOrNull<T>(this NpgsqlDataReader row, int column)
        where T : struct => row.IsDBNull(column) ? null : row.GetFieldValue<T>(column);

    public static string? TextOrNull(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}
