using Back2Code.Data;
using Npgsql;

namespace Back2Code.Monitoring.Health.Checks.Postgres;

/// <summary>Reads PostgreSQL's statistics as this service's own role, which is a member of pg_monitor and may see them all, and nothing of other services' data.</summary>
internal sealed class PostgresStatistics([FromKeyedServices(PostgresPools.Background)] NpgsqlDataSource dataSource)
{
    /// <exception cref="CheckFailedException">PostgreSQL did not answer, or refused.</exception>
    public async Task<IReadOnlyList<T>> QueryAsync<T>(string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        try
        {
            await using NpgsqlCommand command = dataSource.CreateCommand(sql);
            command.Parameters.AddRange(parameters);
            await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
            var rows = new List<T>();
            while (await reader.ReadAsync(cancellationToken))
            {
                rows.Add(read(reader));
            }

            return rows;
        }
        catch (PostgresException e)
        {
            throw new CheckFailedException($"PostgreSQL refused to tell ({e.SqlState})", e);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException)
        {
            throw new CheckFailedException("PostgreSQL cannot be reached", e);
        }
    }
}
