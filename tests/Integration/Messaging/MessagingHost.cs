using System.Text.Json;
using Back2Code.Data;
using Back2Code.IntegrationTests.Data;
using Back2Code.IntegrationTests.Servers;
using Back2Code.Messaging;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using RabbitMQ.Client;

namespace Back2Code.IntegrationTests.Messaging;

/// <summary>A publisher and a consumer in one process, on an exchange and a queue of the test's own.</summary>
internal sealed class MessagingHost(string postgres, string rabbitMq, string? sharedId = null) : IAsyncDisposable
{
    private readonly string _id = sharedId ?? Guid.NewGuid().ToString("N")[..10];
    private TestHost? _host;

    public string Id => _id;

    public string Queue => $"tests.{_id}";

    public string Exchange => $"tests.events.{_id}";

    public Handler Handled { get; } = new();

    public TestHost Host => _host ?? throw new InvalidOperationException("Start it first.");

    public static JsonElement NoData { get; } = JsonDocument.Parse("{}").RootElement;

    public static CloudEvent Event(int number) => new($"e{number}", "/tests", "note.created", $"n{number}", TimeProvider.System.GetUtcNow(), JsonSerializer.SerializeToElement(new { number }));

    public async Task StartAsync(bool consume = true, bool relay = true, bool chaos = false, Action<ConsumerOptions>? configure = null)
    {
        _host = await TestHost.StartAsync(
            builder =>
            {
                if (chaos)
                {
                    ClientChaosTests.AddChaos(builder);
                }

                builder.Services.AddSingleton(Handled);
                builder.AddPostgres(options => options.Schema = "tests").AddRabbitMq(options =>
                {
                    options.Exchange = Exchange;
                    options.ConnectTimeout = TimeSpan.FromSeconds(2);
                });
                if (relay)
                {
                    builder.AddOutboxRelay("tests", options => options.PublishTimeout = TimeSpan.FromSeconds(1));
                }

                if (consume)
                {
                    builder.AddConsumer<ScopedHandler>(options =>
                    {
                        options.Queue = Queue;
                        options.BindingKeys = ["note.*"];
                        options.RetryDelays = [TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(100)];
                        configure?.Invoke(options);
                    });
                }
            },
            ("Postgres", postgres),
            ("RabbitMQ", rabbitMq));
    }

    public async Task StopAsync()
    {
        if (_host is { } host)
        {
            _host = null;
            await host.DisposeAsync();
        }
    }

    /// <summary>The table that handlers write to: without a key, so that a repeated effect shows.</summary>
    public async Task CreateEffectsAsync()
    {
        await Host.Migrated;
        await ExecuteAsync("CREATE TABLE IF NOT EXISTS effects (event_id text NOT NULL)");
    }

    public async Task AppendAsync(params CloudEvent[] events)
    {
        await using var connection = await Host.Postgres.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        foreach (var cloudEvent in events)
        {
            await Outbox.AppendAsync(connection, transaction, cloudEvent, CancellationToken.None);
        }

        await transaction.CommitAsync();
    }

    public async Task<List<string>> EffectsAsync()
    {
        await using var command = Host.Postgres.CreateCommand("SELECT event_id FROM effects ORDER BY event_id");
        await using var reader = await command.ExecuteReaderAsync();
        var ids = new List<string>();
        while (await reader.ReadAsync())
        {
            ids.Add(reader.GetString(0));
        }

        return ids;
    }

    public async Task<long> OutboxAsync() => await ScalarAsync("SELECT count(*) FROM outbox");

    public async Task<long> ScalarAsync(string sql)
    {
        await using var command = Host.Postgres.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var command = Host.Postgres.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Waits until the consumer has declared its queue: before that nothing is routable.</summary>
    public Task ConsumingAsync() => Eventually.IsTrueAsync(
        async () =>
        {
            try
            {
                return await WithChannelAsync(async channel => await channel.ConsumerCountAsync(Queue)) > 0;
            }
            catch (Exception e) when (e is RabbitMQ.Client.Exceptions.RabbitMQClientException or RabbitMQ.Client.Exceptions.OperationInterruptedException)
            {
                return false;
            }
        },
        TimeSpan.FromSeconds(15),
        "the consumer consumes");

    /// <summary>Works on the broker as another client would.</summary>
    public async Task<T> WithChannelAsync<T>(Func<IChannel, Task<T>> work)
    {
        var factory = new ConnectionFactory { Uri = new Uri(rabbitMq) };
        await using var connection = await factory.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync(new CreateChannelOptions(true, true));
        return await work(channel);
    }

    public async Task<BasicGetResult> DeadLetterAsync()
    {
        BasicGetResult? dead = null;
        await Eventually.IsTrueAsync(
            async () => (dead = await WithChannelAsync(channel => channel.BasicGetAsync(Queue + ".dead", autoAck: true))) is not null,
            TimeSpan.FromSeconds(10),
            "a dead letter");
        return dead!;
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    /// <summary>What the test wants to happen when an event arrives.</summary>
    internal sealed class Handler
    {
        private int _calls;

        public Func<CloudEvent, int, Task> Before { get; set; } = (_, _) => Task.CompletedTask;

        public int Calls => Volatile.Read(ref _calls);

        public async Task RunAsync(CloudEvent cloudEvent, NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellationToken)
        {
            int call = Interlocked.Increment(ref _calls);
            await using var command = new NpgsqlCommand("INSERT INTO effects (event_id) VALUES ($1)", connection, transaction)
            {
                Parameters = { new() { Value = cloudEvent.Id } },
            };
            await command.ExecuteNonQueryAsync(cancellationToken);
            await Before(cloudEvent, call);
        }
    }

    private sealed class ScopedHandler(Handler handler) : IEventHandler
    {
        public Task HandleAsync(CloudEvent cloudEvent, NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellationToken) =>
            handler.RunAsync(cloudEvent, connection, transaction, cancellationToken);
    }
}
