using Back2Code.Data;
using Back2Code.IntegrationTests.Servers;
using Back2Code.Resilience;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Back2Code.IntegrationTests.Data;

/// <summary>A service's host with nothing in it but what the test adds.</summary>
internal sealed class TestHost : IAsyncDisposable
{
    private readonly IHost _host;

    private TestHost(IHost host) => _host = host;

    public IServiceProvider Services => _host.Services;

    public NpgsqlDataSource Postgres => Services.GetRequiredService<NpgsqlDataSource>();

    public RedisClient Redis => Services.GetRequiredService<RedisClient>();

    public VersionedCache Cache => Services.GetRequiredService<VersionedCache>();

    public Task Migrated => Services.GetRequiredService<PostgresMigrator>().Completed.WaitAsync(TimeSpan.FromSeconds(20));

    public static async Task<TestHost> StartAsync(Action<IHostApplicationBuilder> add, params (string Name, string ConnectionString)[] connections)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "tests" });
        builder.Configuration.AddInMemoryCollection(
            connections.Select(c => KeyValuePair.Create<string, string?>($"ConnectionStrings:{c.Name}", c.ConnectionString)));
        builder.Logging.SetMinimumLevel(LogLevel.Information).AddProvider(new TestOutputLoggerProvider());
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(5));
        add(builder);
        var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        return new TestHost(host);
    }

    public IDependencyProbe Probe(string name) => Services.GetServices<IDependencyProbe>().Single(probe => probe.Name == name);

    /// <summary>Asks as the background prober does: with a time-out of one second.</summary>
    public async Task<bool> IsUpAsync(string name)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        try
        {
            await Probe(name).CheckAsync(limit.Token);
            return true;
        }
        catch (Exception e) when (e is not Xunit.Sdk.XunitException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync(CancellationToken.None);
        switch (_host)
        {
            case IAsyncDisposable disposable:
                await disposable.DisposeAsync();
                break;
            default:
                _host.Dispose();
                break;
        }
    }

    /// <summary>Shows a failed test what the platform logged.</summary>
    private sealed class TestOutputLoggerProvider : ILoggerProvider
    {
        private readonly ITestOutputHelper? _output = TestContext.Current.TestOutputHelper;

        public ILogger CreateLogger(string categoryName) => new Logger(_output, categoryName);

        public void Dispose()
        {
        }

        private sealed class Logger(ITestOutputHelper? output, string category) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            {
                try
                {
                    output?.WriteLine($"{TimeProvider.System.GetUtcNow():HH:mm:ss.fff} {logLevel} {category}: {formatter(state, exception)} {exception}");
                }
                catch (InvalidOperationException)
                {
                    // The test has ended; its host is about to.
                }
            }
        }
    }
}
