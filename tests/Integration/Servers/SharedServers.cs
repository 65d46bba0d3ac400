using Back2Code.IntegrationTests.Servers;

[assembly: AssemblyFixture(typeof(SharedServers))]

namespace Back2Code.IntegrationTests.Servers;

/// <summary>
/// One PostgreSQL, one Redis and one RabbitMQ for the whole test run, each started when a test first asks for it.
/// Take this in a test class's constructor. Do not kill, freeze or flush these: a test that does so starts its own.
/// </summary>
public sealed class SharedServers : IAsyncDisposable
{
    private readonly Shared<PostgresServer> _postgres = new(PostgresServer.StartAsync);
    private readonly Shared<RedisServer> _redis = new(RedisServer.StartAsync);
    private readonly Shared<RabbitMqServer> _rabbitMq = new(RabbitMqServer.StartAsync);

    public Task<PostgresServer> PostgresAsync() => _postgres.GetAsync();

    public Task<RedisServer> RedisAsync() => _redis.GetAsync();

    public Task<RabbitMqServer> RabbitMqAsync() => _rabbitMq.GetAsync();

    public async ValueTask DisposeAsync()
    {
        await _postgres.DisposeAsync();
        await _redis.DisposeAsync();
        await _rabbitMq.DisposeAsync();
    }

    /// <summary>Starts at first use; a failed or skipped start is that test's, and the next test tries again.</summary>
    private sealed class Shared<T>(Func<Task<T>> start) : IAsyncDisposable
        where T : class, IAsyncDisposable
    {
        private readonly SemaphoreSlim _gate = new(1, 1);
        private T? _server;

        public async Task<T> GetAsync()
        {
            await _gate.WaitAsync();
            try
            {
                return _server ??= await start();
            }
            finally
            {
                _gate.Release();
            }
        }

        public async ValueTask DisposeAsync()
        {
            _gate.Dispose();
            if (_server is not null)
            {
                await _server.DisposeAsync();
            }
        }
    }
}
