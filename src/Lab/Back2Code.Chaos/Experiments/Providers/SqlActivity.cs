using System.Globalization;
using System.Text.Json.Nodes;
using Npgsql;

namespace Back2Code.Chaos.Experiments.Providers;

/// <summary>Asks PostgreSQL, in a transaction that cannot write. One row of one column gives the value, anything else a list of rows.</summary>
internal static class SqlActivity
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(10);

    // A journal is read by people.
    private const int MaxRows = 1_000;

    /// <exception cref="ActivityFailedException">No connection, an error of PostgreSQL, or time is up.</exception>
    public static async Task<JsonNode?> RunAsync(SqlProvider provider, IReadOnlyDictionary<string, JsonNode?> values, CancellationToken cancellationToken)
    {
        var limit = Seconds.Read(Placeholders.Fill(provider.Timeout, values)) ?? DefaultTimeout;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(limit);
        try
        {
            // Not pooled: a probe must see whether a connection can be made now.
            var connect = new NpgsqlConnectionStringBuilder(Placeholders.FillText(provider.Connection, values)) { Pooling = false, ApplicationName = "back2code-probe" };
            await using var connection = new NpgsqlConnection(connect.ConnectionString);
            await connection.OpenAsync(deadline.Token);
            await using var transaction = await connection.BeginTransactionAsync(deadline.Token);
            await ReadOnlyAsync(connection, deadline.Token);
            return await QueryAsync(connection, Placeholders.FillText(provider.Query, values), deadline.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ActivityFailedException($"PostgreSQL: no answer within {Seconds.Text(limit)} s (provider 'timeout')");
        }
        catch (Exception e) when (e is NpgsqlException or ArgumentException or System.Net.Sockets.SocketException or InvalidOperationException or NotSupportedException or TimeoutException)
        {
            throw new ActivityFailedException($"PostgreSQL: {e.Message}", e);
        }
    }

    private static async Task ReadOnlyAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SET TRANSACTION READ ONLY", connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<JsonNode?> QueryAsync(NpgsqlConnection connection, string query, CancellationToken cancellationToken)
    {
        // The text is the experiment author's own, like the programs they may run. A batch sends it as one statement and PostgreSQL refuses more,
        // so that no COMMIT in it ends the transaction that keeps it from writing.
#pragma warning disable CA2100
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { new NpgsqlBatchCommand(query) } };
#pragma warning restore CA2100
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        var rows = new JsonArray();
        while (rows.Count < MaxRows && await reader.ReadAsync(cancellationToken))
        {
            var row = new JsonObject();
            for (var i = 0; i < reader.FieldCount; i++)
            {
                row[reader.GetName(i)] = await reader.IsDBNullAsync(i, cancellationToken) ? null : Value(reader.GetValue(i));
            }

            rows.Add(row);
        }

        if (rows.Count == 1 && reader.FieldCount == 1)
        {
            var only = rows[0]!.AsObject().First().Value;
            return only?.DeepClone();
        }

        return rows;
    }

    private static JsonValue? Value(object value) => value switch
    {
        bool b => JsonValue.Create(b),
        short or int or long => JsonValue.Create(Convert.ToInt64(value, CultureInfo.InvariantCulture)),
        decimal d => JsonValue.Create(d),
        float or double when Convert.ToDouble(value, CultureInfo.InvariantCulture) is var real && double.IsFinite(real) => JsonValue.Create(real),
        DateTime at => JsonValue.Create(at.ToString("o", CultureInfo.InvariantCulture)),
        _ => JsonValue.Create(Convert.ToString(value, CultureInfo.InvariantCulture)),
    };
}
