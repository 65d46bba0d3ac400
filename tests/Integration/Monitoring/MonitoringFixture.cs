using Back2Code.IntegrationTests.Servers;

namespace Back2Code.IntegrationTests.Monitoring;

/// <summary>One monitoring service on the shared PostgreSQL. A test that counts incidents uses an incident group of its own.</summary>
public sealed class MonitoringFixture(SharedServers servers) : IAsyncLifetime
{
    private readonly SpoolFolder _spool = new();

    internal MonitoringApplication Monitoring { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        PostgresServer postgres = await servers.PostgresAsync();
        Monitoring = await MonitoringApplication.StartAsync(await postgres.CreateDatabaseAsync("monitoring"), _spool.Path);
    }

    public async ValueTask DisposeAsync()
    {
        if (Monitoring is not null)
        {
            await Monitoring.DisposeAsync();
        }

        _spool.Dispose();
    }
}
