using Back2Code.Chaos.Faults;
using Back2Code.IntegrationTests.Messaging;
using Back2Code.IntegrationTests.Servers;
using Back2Code.Notifications.Receiving;
using static Back2Code.IntegrationTests.Faults.Servers.FaultyServer;

namespace Back2Code.IntegrationTests.Faults.Servers;

/// <summary>Faults inside a real RabbitMQ, and of the events that it carries to a real consumer. Few tests: a question to the broker itself takes a second or two.</summary>
public sealed class RabbitMqFaultTests(FaultyRabbitMq rabbitMq) : IClassFixture<FaultyRabbitMq>
{
    private readonly FaultyServer _platform = rabbitMq.Platform;

    public static TheoryData<string> BadEvents => [.. FaultCatalogue.All.Where(f => f.Family == "data" && f.Type is not ("data.republished-event" or "data.duplicate-batch")).Select(f => f.Type), "rabbitmq.poison-message"];

    [Theory]
    [MemberData(nameof(BadEvents))]
    public async Task A_bad_event_becomes_a_dead_letter_that_is_removed_when_the_fault_ends(string type)
    {
        await rabbitMq.Host.WithChannelAsync(async channel =>
        {
            await RabbitMQ.Client.IChannelExtensions.BasicPublishAsync(channel, "", rabbitMq.Host.Queue + ".dead", "somebody else's"u8.ToArray().AsMemory(), Cancellation);
            return true;
        });
        var before = await DeadAsync();

        var fault = await _platform.InjectAsync(type, rabbitMq.Where(type));
        var undone = await fault.UndoAsync(Cancellation);

        Assert.True(fault.Receipt.Observed, string.Join('\n', fault.Receipt.Observations));
        Assert.Contains($"{before} others stay", undone.Observations[^1], StringComparison.Ordinal);
        await Eventually.IsTrueAsync(async () => await DeadAsync() == before, TimeSpan.FromSeconds(10), "what is not the fault's is back among the dead letters");
    }

    [Theory]
    [InlineData("rabbitmq.duplicate-delivery", false)]
    [InlineData("data.republished-event", true)]
    [InlineData("data.duplicate-batch", false)]
    public async Task A_repeated_event_is_known_to_the_inbox_by_its_id_alone(string type, bool takesEffectAgain)
    {
        var injecting = _platform.InjectAsync(type, [.. rabbitMq.Where(type), ("copies", "2")]);
        List<string> sent = [];
        while (!injecting.IsCompleted)
        {
            var one = MessagingHost.Event(rabbitMq.Next());
            sent.Add(one.Id);
            await rabbitMq.Host.AppendAsync(one);
            await Task.WhenAny(injecting, Task.Delay(100, Cancellation));
        }

        var fault = await injecting;
        await fault.UndoAsync(Cancellation);

        Assert.True(fault.Receipt.Observed, string.Join('\n', fault.Receipt.Observations));
        await Eventually.IsTrueAsync(async () => sent.TrueForAll((await rabbitMq.Host.EffectsAsync()).Contains), TimeSpan.FromSeconds(10), "every event took effect");
        var effects = await rabbitMq.Host.EffectsAsync();
        Assert.All(sent, id => Assert.Single(effects, id));
        Assert.Equal(takesEffectAgain, effects.Exists(id => Guid.TryParse(id, out _)));
        await rabbitMq.Host.ExecuteAsync("DELETE FROM effects");
    }

    [Fact]
    public async Task What_a_stuck_consumer_holds_is_handled_after_it()
    {
        var injecting = _platform.InjectAsync("rabbitmq.stuck-consumer", ("queue", rabbitMq.Host.Queue), ("messages", "3"));
        await Eventually.IsTrueAsync(async () => await rabbitMq.Host.WithChannelAsync(c => c.ConsumerCountAsync(rabbitMq.Host.Queue)) == 2, TimeSpan.FromSeconds(10), "the fault consumes too");
        var events = Enumerable.Range(0, 8).Select(_ => MessagingHost.Event(rabbitMq.Next())).ToArray();
        await rabbitMq.Host.AppendAsync(events);

        var fault = await injecting;
        Assert.True(fault.Receipt.Observed, string.Join('\n', fault.Receipt.Observations));
        await Eventually.IsTrueAsync(async () => (await rabbitMq.Host.EffectsAsync()).Count == 5, TimeSpan.FromSeconds(10), "what it does not hold is handled");
        await fault.UndoAsync(Cancellation);

        await Eventually.IsTrueAsync(async () => (await rabbitMq.Host.EffectsAsync()).Count == 8, TimeSpan.FromSeconds(10), "what it held is handled");
        await rabbitMq.Host.ExecuteAsync("DELETE FROM effects");
    }

    [Fact]
    public async Task What_changes_the_broker_is_seen_keeps_events_waiting_and_is_undone()
    {
        var before = await FingerprintAsync();

        foreach (var (type, parameters) in new (string, (string, string)[])[]
        {
            ("rabbitmq.memory-alarm", []),
            ("rabbitmq.disk-alarm", []),
            ("rabbitmq.unbind", [("queue", rabbitMq.Host.Queue), ("exchange", rabbitMq.Host.Exchange)]),
            ("rabbitmq.revoke-permission", [("permission", "write")]),
        })
        {
            var fault = await _platform.InjectAsync(type, parameters);
            Assert.True(fault.Receipt.Observed, $"{type}: {string.Join('\n', fault.Receipt.Observations)}");
            var late = MessagingHost.Event(rabbitMq.Next());
            await rabbitMq.Host.AppendAsync(late);

            Assert.DoesNotContain(late.Id, await rabbitMq.Host.EffectsAsync());
            await fault.UndoAsync(Cancellation);
            await Eventually.IsTrueAsync(async () => (await rabbitMq.Host.EffectsAsync()).Contains(late.Id), TimeSpan.FromSeconds(20), $"the event that waited for the end of {type} took effect");
        }

        var closed = await _platform.InjectAsync("rabbitmq.close-connections");
        Assert.True(closed.Receipt.Observed, string.Join('\n', closed.Receipt.Observations));
        var flood = await _platform.InjectAsync("rabbitmq.publish-flood", ("rate", "200"), ("exchange", rabbitMq.Host.Exchange));
        await flood.UndoAsync(Cancellation);
        Assert.True(flood.Receipt.Observed, string.Join('\n', flood.Receipt.Observations));
        await closed.UndoAsync(Cancellation);

        Assert.Equal(before, await FingerprintAsync());
        Assert.Empty(_platform.UndoRecords);
        await rabbitMq.Host.ExecuteAsync("DELETE FROM effects");
    }

    [Fact]
    public async Task A_queue_that_is_deleted_while_events_flow_is_declared_again_by_its_consumer_and_no_event_is_lost()
    {
        var before = await FingerprintAsync();
        var injecting = _platform.InjectAsync("rabbitmq.queue-deleted", ("queue", rabbitMq.Host.Queue), ("every", "300ms"));
        var fault = default(InjectedFault);
        List<string> sent = [];
        while (fault is null || sent.Count < 200)
        {
            var one = MessagingHost.Event(rabbitMq.Next());
            sent.Add(one.Id);
            await rabbitMq.Host.AppendAsync(one);
            await Task.WhenAny(injecting, Task.Delay(20, Cancellation));
            fault = injecting.IsCompleted ? await injecting : null;
        }

        var undone = await fault.UndoAsync(Cancellation);

        Assert.True(fault.Receipt.Observed, string.Join('\n', fault.Receipt.Observations));
        Assert.Contains("a look after that finds", Assert.Single(fault.Receipt.Observations), StringComparison.Ordinal);
        Assert.Contains(undone.Observations, line => line.EndsWith("times, and 0 waiting events with it", StringComparison.Ordinal));
        await Eventually.IsTrueAsync(async () => !sent.Except(await rabbitMq.Host.EffectsAsync()).Any(), TimeSpan.FromSeconds(30), "every event took effect");
        var effects = await rabbitMq.Host.EffectsAsync();
        Assert.All(sent, id => Assert.Single(effects, id));
        Assert.Equal(before, await FingerprintAsync());
        Assert.Empty(_platform.UndoRecords);
        await rabbitMq.Host.ExecuteAsync("DELETE FROM effects");
    }

    [Fact]
    public async Task A_queue_whose_consumer_is_away_is_declared_and_bound_again_when_the_fault_ends()
    {
        await using var other = new MessagingHost(rabbitMq.Postgres, rabbitMq.ConnectionString);
        await other.StartAsync(relay: false);
        await other.ConsumingAsync();
        await other.StopAsync();
        var before = await FingerprintAsync();

        var fault = await _platform.InjectAsync("rabbitmq.queue-deleted", ("queue", other.Queue), ("events", "lost"));
        var refused = await Assert.ThrowsAsync<FaultException>(() => _platform.InjectAsync("rabbitmq.queue-deleted", ("queue", other.Queue)));
        await fault.UndoAsync(Cancellation);

        Assert.Contains("finds no such queue", Assert.Single(fault.Receipt.Observations), StringComparison.Ordinal);
        Assert.Equal($"There is no queue '{other.Queue}'.", refused.Message);
        Assert.Equal(before, await FingerprintAsync());
        Assert.Empty(_platform.UndoRecords);
    }

    [Fact]
    public async Task A_flood_whose_connection_dies_opens_another()
    {
        var flood = await _platform.InjectAsync("rabbitmq.publish-flood", ("rate", "20"), ("exchange", rabbitMq.Host.Exchange));
        try
        {
            var closed = await _platform.InjectAsync("rabbitmq.close-connections");
            await closed.UndoAsync(Cancellation);

            await Eventually.IsTrueAsync(
                async () => (await _platform.RunRabbitMqCtlAsync(["list_connections", "client_properties"], Cancellation)).Contains($"fault {flood.Receipt.FaultId}", StringComparison.Ordinal),
                TimeSpan.FromSeconds(20),
                "the flood is connected again");
        }
        finally
        {
            await flood.UndoAsync(Cancellation);
        }

        // The consumer has been cut off too, and still works off what came.
        await Eventually.IsTrueAsync(
            async () =>
            {
                var done = (await rabbitMq.Host.EffectsAsync()).Count == 0 && await rabbitMq.Host.WithChannelAsync(c => c.MessageCountAsync(rabbitMq.Host.Queue)) == 0;
                await rabbitMq.Host.ExecuteAsync("DELETE FROM effects");
                return done;
            },
            TimeSpan.FromSeconds(20),
            "the flood has been worked off");
    }

    /// <summary>What a fault could leave changed.</summary>
    private Task<string> FingerprintAsync() => _platform.RunRabbitMqCtlAsync(
        [
            "eval",
            """
            {rabbit_alarm:get_alarms(), vm_memory_monitor:get_vm_memory_high_watermark(), rabbit_disk_monitor:get_disk_free_limit(),
             rabbit_auth_backend_internal:list_user_permissions(<<"b2c">>), lists:sort([{Source, Key, Queue} || {binding, {_, _, _, Source}, Key, {_, _, _, Queue}, _} <- rabbit_binding:list(<<"/">>)])}.
            """,
        ],
        Cancellation);

    private Task<uint> DeadAsync() => rabbitMq.Host.WithChannelAsync(channel => channel.MessageCountAsync(rabbitMq.Host.Queue + ".dead"));
}

/// <summary>A RabbitMQ of these tests alone, with a publisher and a consumer as the platform's.</summary>
public sealed class FaultyRabbitMq(SharedServers servers) : IAsyncLifetime
{
    private RabbitMqServer? _server;
    private FaultyServer? _platform;
    private MessagingHost? _host;
    private int _events;

    internal FaultyServer Platform => _platform!;

    internal MessagingHost Host => _host!;

    internal string ConnectionString => _server!.ConnectionString;

    /// <summary>The database of the publisher and the consumer.</summary>
    internal string Postgres { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        _server = await RabbitMqServer.StartAsync();
        _platform = new FaultyServer("rabbitmq", _server.Port, () => _server.Pid) { RabbitMqUri = _server.ConnectionString };
        Postgres = await (await servers.PostgresAsync()).CreateDatabaseAsync("tests");
        _host = new MessagingHost(Postgres, _server.ConnectionString);

        // The events of these tests are numbers; a fault's have to be what notifications can read.
        _host.Handled.Before = (cloudEvent, _) =>
        {
            if (cloudEvent.Source != "/tests" && cloudEvent.Type == "note.created")
            {
                NoteEvent.Read(cloudEvent);
            }

            return Task.CompletedTask;
        };
        await _host.StartAsync();
        await _host.CreateEffectsAsync();
        await _host.ConsumingAsync();
    }

    public int Next() => Interlocked.Increment(ref _events);

    public (string Name, string Value)[] Where(string type) =>
        type == "rabbitmq.poison-message" ? [("queue", Host.Queue)] : [("queue", Host.Queue), ("exchange", Host.Exchange)];

    public async ValueTask DisposeAsync()
    {
        _platform?.Dispose();
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }

        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }
}
