using System.Text.Json;
using Back2Code.Audit;
using Back2Code.IntegrationTests.Servers;
using Back2Code.Messaging;
using Npgsql;

namespace Back2Code.IntegrationTests.Audit;

/// <summary>Audit records that wait in a service's outbox: there is no broker that would take them.</summary>
internal static class OutboxRecords
{
    /// <summary>In the order in which they were added.</summary>
    public static async Task<List<(string Source, AuditRecord Record)>> ReadAsync(string database)
    {
        await using NpgsqlConnection connection = new(database + ";Pooling=false");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using NpgsqlCommand command = new("SELECT event_id, source, subject, time, data::text FROM outbox WHERE type = 'audit.recorded' ORDER BY position", connection);
        await using NpgsqlDataReader row = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var records = new List<(string, AuditRecord)>();
        while (await row.ReadAsync(TestContext.Current.CancellationToken))
        {
            using var data = JsonDocument.Parse(row.GetString(4));
            var cloudEvent = new CloudEvent(
                row.GetString(0), row.GetString(1), AuditEvents.Recorded, row.GetString(2), row.GetFieldValue<DateTimeOffset>(3), data.RootElement.Clone());
            records.Add((cloudEvent.Source, AuditEvents.Read(cloudEvent)));
        }

        return records;
    }

    /// <summary>What stands there once so many do.</summary>
    public static async Task<List<(string Source, AuditRecord Record)>> WaitAsync(string database, int count)
    {
        List<(string, AuditRecord)> records = [];
        await Eventually.IsTrueAsync(async () => (records = await ReadAsync(database)).Count >= count, TimeSpan.FromSeconds(30), $"{count} records are in the outbox");
        return records;
    }
}
