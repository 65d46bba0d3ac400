using Back2Code.IntegrationTests.Servers;

namespace Back2Code.IntegrationTests.Messaging;

/// <summary>Servers die by SIGKILL in the middle of the work. No committed event may be lost; none may take effect twice.</summary>
public sealed class OutageTests(OutageTests.OwnServers servers) : IClassFixture<OutageTests.OwnServers>
{
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(40);

    [Fact]
    public async Task A_broker_killed_while_events_flow_loses_nothing_and_repeats_nothing()
    {
        var (postgres, rabbitMq) = (servers.Postgres, servers.RabbitMq);
        await using var host = new MessagingHost(await postgres.CreateDatabaseAsync("tests"), rabbitMq.ConnectionString);
        await host.StartAsync();
        await host.CreateEffectsAsync();
        await host.ConsumingAsync();
        await WarmUpAsync(host);

        int appended = 0;
        for (int round = 0; round < 2; round++)
        {
            using var stop = new CancellationTokenSource();
            var writing = AppendUntilAsync(host, appended, stop.Token);
            int before = host.Handled.Calls;
            await Eventually.IsTrueAsync(() => host.Handled.Calls > before + 30, Recovery, "events flow");
            await rabbitMq.KillAsync();
            await Eventually.IsTrueAsync(async () => !await host.Host.IsUpAsync("rabbitmq"), Recovery, "the probe tells");
            await rabbitMq.RestartAsync();
            await stop.CancelAsync();
            appended = await writing;
        }

        await AllTookEffectOnceAsync(host, appended);
    }

    [Fact]
    public async Task A_PostgreSQL_killed_while_events_are_consumed_loses_nothing_and_repeats_nothing()
    {
        var (postgres, rabbitMq) = (servers.Postgres, servers.RabbitMq);
        await using var host = new MessagingHost(await postgres.CreateDatabaseAsync("tests"), rabbitMq.ConnectionString);
        await host.StartAsync();
        await host.CreateEffectsAsync();
        await host.ConsumingAsync();
        await WarmUpAsync(host);

        int appended = 0;
        for (int round = 0; round < 3; round++)
        {
            using var stop = new CancellationTokenSource();
            var writing = AppendUntilAsync(host, appended, stop.Token);
            int before = host.Handled.Calls;
            await Eventually.IsTrueAsync(() => host.Handled.Calls > before + 30, Recovery, "events flow");
            await postgres.KillAsync();
            Assert.False(await host.Host.IsUpAsync("postgres"));
            await postgres.RestartAsync();
            await stop.CancelAsync();
            appended = await writing;
        }

        await AllTookEffectOnceAsync(host, appended);
        Assert.Null(await host.WithChannelAsync(channel => channel.BasicGetAsync(host.Queue + ".dead", autoAck: true)));
    }

    [Fact]
    public async Task A_service_that_starts_before_its_broker_delivers_when_that_comes()
    {
        var (postgres, rabbitMq) = (servers.Postgres, servers.RabbitMq);
        await rabbitMq.KillAsync();
        await using var host = new MessagingHost(await postgres.CreateDatabaseAsync("tests"), rabbitMq.ConnectionString);
        await host.StartAsync();
        await host.CreateEffectsAsync();

        await host.AppendAsync(MessagingHost.Event(0));
        bool upBefore = await host.Host.IsUpAsync("rabbitmq");
        await rabbitMq.RestartAsync();

        Assert.False(upBefore);
        await AllTookEffectOnceAsync(host, 1);
    }

    [Fact]
    public async Task A_frozen_broker_holds_nothing_up_but_the_events()
    {
        var (postgres, rabbitMq) = (servers.Postgres, servers.RabbitMq);
        await using var host = new MessagingHost(await postgres.CreateDatabaseAsync("tests"), rabbitMq.ConnectionString);
        await host.StartAsync();
        await host.CreateEffectsAsync();
        await host.ConsumingAsync();
        await WarmUpAsync(host);
        rabbitMq.Freeze();

        await host.AppendAsync([.. Enumerable.Range(0, 50).Select(MessagingHost.Event)]);
        Assert.False(await host.Host.IsUpAsync("rabbitmq"));
        rabbitMq.Thaw();

        await AllTookEffectOnceAsync(host, 50);
    }

    /// <summary>One event through everything: channels are open, queues have settled.</summary>
    private static async Task WarmUpAsync(MessagingHost host)
    {
        await host.AppendAsync(MessagingHost.Event(-1));
        await Eventually.IsTrueAsync(async () => (await host.EffectsAsync()).Count == 1, Recovery, "the first effect");
        await host.ExecuteAsync("DELETE FROM effects");
    }

    /// <summary>Appends numbered events, each acknowledged or tried again until it is, as a client with an idempotency key would.</summary>
    /// <returns>How many numbers have been used.</returns>
    private static async Task<int> AppendUntilAsync(MessagingHost host, int next, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await host.AppendAsync(MessagingHost.Event(next));
                next++;
            }
            catch (Npgsql.PostgresException e) when (e.SqlState == Npgsql.PostgresErrorCodes.UniqueViolation)
            {
                // The commit whose answer was lost had happened.
                next++;
            }
            catch (Npgsql.NpgsqlException)
            {
                // PostgreSQL is away: the same event again. If its commit had happened and it was relayed and deleted since, it is
                // published twice, and the inbox must see to it that it counts once.
            }

            await timer.WaitForNextTickAsync(CancellationToken.None);
        }

        return next;
    }

    private static async Task AllTookEffectOnceAsync(MessagingHost host, int count)
    {
        string[] expected = [.. Enumerable.Range(0, count).Select(n => $"e{n}").Order(StringComparer.Ordinal)];
        var took = await Eventually.IsTrueAsync(
            async () =>
            {
                try
                {
                    return (await host.EffectsAsync()).Distinct().Count() == count && await host.OutboxAsync() == 0;
                }
                catch (Npgsql.NpgsqlException)
                {
                    return false;
                }
            },
            Recovery,
            $"all {count} events took effect");

        Assert.Equal(expected, (await host.EffectsAsync()).Order(StringComparer.Ordinal));
        TestContext.Current.TestOutputHelper!.WriteLine($"{count} events, all in effect {took.TotalMilliseconds:0} ms after the writes ended");
    }

    /// <summary>Servers that these tests may kill. Each test leaves them running.</summary>
    public sealed class OwnServers : IAsyncLifetime
    {
        private PostgresServer? _postgres;
        private RabbitMqServer? _rabbitMq;

        public PostgresServer Postgres => _postgres!;

        public RabbitMqServer RabbitMq => _rabbitMq!;

        public async ValueTask InitializeAsync()
        {
            _postgres = await PostgresServer.StartAsync();
            _rabbitMq = await RabbitMqServer.StartAsync();
        }

        public async ValueTask DisposeAsync()
        {
            await (_rabbitMq?.DisposeAsync() ?? default);
            await (_postgres?.DisposeAsync() ?? default);
        }
    }
}
