using System.Net;
using Back2Code.IntegrationTests.Servers;
using Back2Code.IntegrationTests.Services;
using Back2Code.Monitoring.Incidents;
using Npgsql;
using static Back2Code.IntegrationTests.Monitoring.Notification;

namespace Back2Code.IntegrationTests.Monitoring;

/// <summary>The service that tells about outages works in one.</summary>
public sealed class PostgresFailureTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task While_PostgreSQL_is_down_incidents_are_kept_and_shown_and_stored_afterwards()
    {
        await using PostgresServer postgres = await PostgresServer.StartAsync();
        string database = await postgres.CreateDatabaseAsync("monitoring");
        using var spool = new SpoolFolder();
        await using MonitoringApplication monitoring = await MonitoringApplication.StartAsync(database, spool.Path);
        await postgres.KillAsync();

        await monitoring.TellAsync(Alert("Down", 0));
        IncidentPage during = await monitoring.ListAsync();
        using HttpResponseMessage unknown = await monitoring.GetAsync($"/v1/incidents/{Guid.NewGuid()}");
        await postgres.RestartAsync();
        await monitoring.TellAsync(Alert("Down", 0, 5));

        Assert.Equal("open", Assert.Single(during.Items).State);
        Assert.False(during.Complete);
        await unknown.IsProblemAsync(HttpStatusCode.ServiceUnavailable, "dependency-unavailable");
        await Eventually.IsTrueAsync(async () => await StateInAsync(database, during.Items[0].Id) == "resolved", Bound, "the incident is stored");
        await Eventually.IsTrueAsync(async () => (await monitoring.ListAsync()).Complete, Bound, "the list is complete again");
    }

    [Fact]
    public async Task A_service_that_starts_while_PostgreSQL_is_down_knows_what_it_knew()
    {
        await using PostgresServer postgres = await PostgresServer.StartAsync();
        string database = await postgres.CreateDatabaseAsync("monitoring");
        using var spool = new SpoolFolder();
        await using (MonitoringApplication first = await MonitoringApplication.StartAsync(database, spool.Path))
        {
            await postgres.KillAsync();
            await first.TellAsync(Alert("Down", 0));
        }

        await using MonitoringApplication second = MonitoringApplication.Start(database, spool.Path);
        IncidentPage known = await second.ListAsync("?state=open");
        await second.TellAsync(Alert("Down", 0, 5));
        await postgres.RestartAsync();

        Guid id = Assert.Single(known.Items).Id;
        await Eventually.IsTrueAsync(async () => await StateInAsync(database, id) == "resolved", Bound, "the incident is stored");
    }

    [Fact]
    public async Task A_service_whose_spool_is_lost_takes_open_incidents_from_PostgreSQL_and_ends_them()
    {
        await using PostgresServer postgres = await PostgresServer.StartAsync();
        string database = await postgres.CreateDatabaseAsync("monitoring");
        using SpoolFolder firstSpool = new(), secondSpool = new();
        Guid id;
        await using (MonitoringApplication first = await MonitoringApplication.StartAsync(database, firstSpool.Path))
        {
            await first.TellAsync(Alert("Down", 0));
            id = (await first.ListAsync()).Items[0].Id;
            await Eventually.IsTrueAsync(async () => await StateInAsync(database, id) == "open", Bound, "the incident is stored");
        }

        await using MonitoringApplication second = await MonitoringApplication.StartAsync(database, secondSpool.Path);
        await Eventually.IsTrueAsync(() => Directory.EnumerateFiles(secondSpool.Path).Any(f => ReadShared(f).Contains(id.ToString(), StringComparison.Ordinal)), Bound, "the incident is adopted");
        await second.TellAsync(Alert("Down", 0, 5));

        IncidentView incident = Assert.Single((await second.ListAsync()).Items);
        Assert.Equal((id, "resolved", At(5)), (incident.Id, incident.State, incident.ResolvedAt));
        await Eventually.IsTrueAsync(async () => await StateInAsync(database, id) == "resolved", Bound, "the incident is stored");
    }

    [Fact]
    public async Task What_PostgreSQL_gives_back_is_what_was_told()
    {
        await using PostgresServer postgres = await PostgresServer.StartAsync();
        string database = await postgres.CreateDatabaseAsync("monitoring");
        using SpoolFolder firstSpool = new(), secondSpool = new();
        string told;
        Guid id;
        await using (MonitoringApplication first = await MonitoringApplication.StartAsync(database, firstSpool.Path))
        {
            await first.TellAsync(Alert("Page", 0, severity: "critical"), Alert("Ticket", 1));
            await first.TellAsync(Alert("Page", 0, 5, "critical"), Alert("Ticket", 1, 6));
            id = (await first.ListAsync()).Items[0].Id;
            told = await (await first.GetAsync($"/v1/incidents/{id}")).Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            await Eventually.IsTrueAsync(async () => await StateInAsync(database, id) == "resolved", Bound, "the incident is stored");
        }

        await using MonitoringApplication second = await MonitoringApplication.StartAsync(database, secondSpool.Path);
        string read = await (await second.GetAsync($"/v1/incidents/{id}")).Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal(told, read);
    }

    private static string ReadShared(string file)
    {
        using var reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        return reader.ReadToEnd();
    }

    private static async Task<string?> StateInAsync(string database, Guid id)
    {
        await using var connection = new NpgsqlConnection(database + ";Pooling=false");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand("SELECT state FROM monitoring.incidents WHERE id = $1", connection) { Parameters = { new() { Value = id } } };
        return (string?)await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
    }
}
