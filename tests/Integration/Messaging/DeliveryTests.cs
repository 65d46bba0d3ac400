using System.Text;
using System.Text.Json;
using Back2Code.IntegrationTests.Servers;
using Back2Code.Messaging;
using Back2Code.Resilience;
using Npgsql;
using RabbitMQ.Client;

namespace Back2Code.IntegrationTests.Messaging;

public sealed class DeliveryTests(SharedServers servers)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task A_committed_event_takes_effect_and_leaves_the_outbox()
    {
        await using var host = await StartAsync();

        await host.AppendAsync(MessagingHost.Event(1));
        var took = await Eventually.IsTrueAsync(async () => (await host.EffectsAsync()).Count == 1, Soon, "the effect");
        await Eventually.IsTrueAsync(async () => await host.OutboxAsync() == 0, Soon, "the outbox is empty");

        TestContext.Current.TestOutputHelper!.WriteLine($"from commit to effect: {took.TotalMilliseconds:0} ms");
    }

    [Fact]
    public async Task An_event_of_a_rolled_back_transaction_is_never_published()
    {
        await using var host = await StartAsync();
        await using (var connection = await host.Host.Postgres.OpenConnectionAsync(TestContext.Current.CancellationToken))
        {
            await using var transaction = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken);
            await Outbox.AppendAsync(connection, transaction, MessagingHost.Event(1), TestContext.Current.CancellationToken);
            await transaction.RollbackAsync(TestContext.Current.CancellationToken);
        }

        await host.AppendAsync(MessagingHost.Event(2));
        await Eventually.IsTrueAsync(async () => (await host.EffectsAsync()).Count > 0, Soon, "the second event's effect");

        Assert.Equal(["e2"], await host.EffectsAsync());
    }

    [Fact]
    public async Task An_event_delivered_three_times_takes_effect_once()
    {
        await using var host = await StartAsync(relay: false);
        var (properties, body) = CloudEventMessage.Write(MessagingHost.Event(1));

        await host.WithChannelAsync(async channel =>
        {
            for (int i = 0; i < 3; i++)
            {
                await channel.BasicPublishAsync(host.Exchange, "note.created", mandatory: true, properties, body);
            }

            return 0;
        });
        await PublishAndAwaitAsync(host, MessagingHost.Event(2));

        Assert.Equal(["e1", "e2"], await host.EffectsAsync());
        Assert.Equal(2, host.Handled.Calls);
    }

    [Fact]
    public async Task A_failing_event_is_tried_again_and_then_parked_with_its_reason_while_others_pass()
    {
        await using var host = await StartAsync();
        host.Handled.Before = (e, _) => e.Id == "e1" ? throw new InvalidOperationException("no such luck") : Task.CompletedTask;

        await host.AppendAsync(MessagingHost.Event(1), MessagingHost.Event(2), MessagingHost.Event(3));
        var dead = await host.DeadLetterAsync();
        await Eventually.IsTrueAsync(async () => (await host.EffectsAsync()).Count == 2, Soon, "the others' effects");

        Assert.Equal("InvalidOperationException: no such luck", Header(dead, FailedDeliveries.ReasonHeader));
        Assert.Equal(3, dead.BasicProperties.Headers![FailedDeliveries.AttemptsHeader]);
        Assert.Equal(host.Queue, Header(dead, FailedDeliveries.QueueHeader));
        Assert.Equal("e1", CloudEventMessage.Read(dead.BasicProperties, dead.Body).Id);
        Assert.Equal(["e2", "e3"], await host.EffectsAsync());
    }

    [Fact]
    public async Task An_event_that_fails_once_takes_effect_once()
    {
        await using var host = await StartAsync();
        host.Handled.Before = (_, call) => call == 1 ? throw new InvalidOperationException("only this time") : Task.CompletedTask;

        await host.AppendAsync(MessagingHost.Event(1));
        await Eventually.IsTrueAsync(async () => (await host.EffectsAsync()).Count > 0, Soon, "the effect");

        Assert.Equal(["e1"], await host.EffectsAsync());
        Assert.Equal(2, host.Handled.Calls);
    }

    [Theory]
    [InlineData("not json", "the body is not JSON")]
    [InlineData("{}", "specversion is missing")]
    public async Task A_malformed_message_is_parked_at_once(string body, string reason)
    {
        await using var host = await StartAsync(relay: false);

        await host.WithChannelAsync(async channel =>
        {
            await channel.BasicPublishAsync(host.Exchange, "note.created", mandatory: true, new BasicProperties(), Encoding.UTF8.GetBytes(body));
            return 0;
        });
        var dead = await host.DeadLetterAsync();

        Assert.Contains(reason, Header(dead, FailedDeliveries.ReasonHeader), StringComparison.Ordinal);
        Assert.Equal(body, Encoding.UTF8.GetString(dead.Body.Span));
        Assert.Equal(0, host.Handled.Calls);
    }

    [Fact]
    public async Task A_structured_CloudEvent_of_another_publisher_is_understood()
    {
        await using var host = await StartAsync(relay: false);
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(new { specversion = "1.0", id = "s1", source = "/others", type = "note.created", data = new { n = 1 } });

        await host.WithChannelAsync(async channel =>
        {
            await channel.BasicPublishAsync(
                host.Exchange, "note.created", mandatory: true, new BasicProperties { ContentType = "application/cloudevents+json; charset=utf-8" }, body);
            return 0;
        });

        await Eventually.IsTrueAsync(async () => (await host.EffectsAsync()).Contains("s1"), Soon, "the effect");
    }

    [Fact]
    public async Task An_unavailable_dependency_uses_up_no_attempts()
    {
        await using var host = await StartAsync();
        host.Handled.Before = (_, call) => call <= 5
            ? throw new DependencyUnavailableException("mail", DependencyUnavailableReason.Failed, TimeSpan.FromSeconds(1))
            : Task.CompletedTask;

        await host.AppendAsync(MessagingHost.Event(1));
        await Eventually.IsTrueAsync(async () => (await host.EffectsAsync()).Count == 1, Soon, "the effect");

        Assert.Equal(6, host.Handled.Calls);
    }

    [Fact]
    public async Task An_event_in_hand_when_its_queue_is_deleted_is_handled_once()
    {
        await using var host = await StartAsync();
        var reached = new TaskCompletionSource();
        var goOn = new TaskCompletionSource();
        host.Handled.Before = (_, _) =>
        {
            reached.TrySetResult();
            return goOn.Task;
        };
        await host.AppendAsync(MessagingHost.Event(1));
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);

        await host.WithChannelAsync(channel => channel.QueueDeleteAsync(host.Queue, ifUnused: false, ifEmpty: false, cancellationToken: TestContext.Current.CancellationToken));
        goOn.SetResult();

        await Eventually.IsTrueAsync(async () => await host.EffectsAsync() is ["e1"], TimeSpan.FromSeconds(10), "the event in hand took effect");
        await host.ConsumingAsync();
        await host.AppendAsync(MessagingHost.Event(2));
        await Eventually.IsTrueAsync(async () => await host.EffectsAsync() is ["e1", "e2"], TimeSpan.FromSeconds(10), "the queue is there again");
    }

    [Fact]
    public async Task Events_that_no_queue_wants_wait_and_do_not_stand_in_the_way()
    {
        await using var host = await StartAsync();

        await host.AppendAsync(MessagingHost.Event(1) with { Type = "unwanted.type" }, MessagingHost.Event(2));
        await Eventually.IsTrueAsync(async () => (await host.EffectsAsync()).Count == 1, Soon, "the wanted one's effect");
        await Eventually.IsTrueAsync(async () => await host.ScalarAsync("SELECT count(*) FROM outbox WHERE attempts > 0") == 1, Soon, "the other waits");

        await host.WithChannelAsync(async channel =>
        {
            await channel.QueueBindAsync(host.Queue, host.Exchange, "unwanted.*");
            return 0;
        });
        await Eventually.IsTrueAsync(async () => (await host.EffectsAsync()).Count == 2, Soon, "now it is wanted");
    }

    [Fact]
    public async Task Replicas_share_the_work_and_every_event_takes_effect_once()
    {
        string database = await (await servers.PostgresAsync()).CreateDatabaseAsync("tests");
        await using var host = new MessagingHost(database, (await servers.RabbitMqAsync()).ConnectionString);
        await host.StartAsync();
        await host.CreateEffectsAsync();
        await host.ConsumingAsync();
        await using var second = new MessagingHost(database, (await servers.RabbitMqAsync()).ConnectionString, host.Id);
        await second.StartAsync();

        await host.AppendAsync([.. Enumerable.Range(0, 500).Select(MessagingHost.Event)]);
        await Eventually.IsTrueAsync(async () => (await host.EffectsAsync()).Distinct().Count() == 500, TimeSpan.FromSeconds(30), "all effects");
        await Eventually.IsTrueAsync(async () => await host.OutboxAsync() == 0, Soon, "the outbox is empty");

        Assert.Equal(500, (await host.EffectsAsync()).Count);
        Assert.True(host.Handled.Calls > 0 && second.Handled.Calls > 0, $"{host.Handled.Calls} and {second.Handled.Calls} events handled");
    }

    [Fact]
    public async Task Old_inbox_rows_are_forgotten_and_young_ones_kept()
    {
        await using var host = await StartAsync(relay: false);
        await PublishAndAwaitAsync(host, MessagingHost.Event(1));
        await host.ExecuteAsync($"INSERT INTO inbox (consumer, source, event_id, received_at) SELECT '{host.Queue}', '/old', n::text, now() - interval '8 days' FROM generate_series(1, 2500) n");
        await host.ExecuteAsync("INSERT INTO inbox (consumer, source, event_id, received_at) VALUES ('another.queue', '/old', '1', now() - interval '8 days')");

        int deleted;
        int total = 0;
        do
        {
            deleted = await Inbox.DeleteOldAsync(host.Host.Postgres, host.Queue, TimeSpan.FromDays(7), 1000, TestContext.Current.CancellationToken);
            total += deleted;
        }
        while (deleted == 1000);

        Assert.Equal(2500, total);
        Assert.Equal(2, await host.ScalarAsync("SELECT count(*) FROM inbox"));
    }

    private async Task<MessagingHost> StartAsync(bool relay = true)
    {
        string database = await (await servers.PostgresAsync()).CreateDatabaseAsync("tests");
        var host = new MessagingHost(database, (await servers.RabbitMqAsync()).ConnectionString);
        await host.StartAsync(relay: relay);
        await host.CreateEffectsAsync();
        await host.ConsumingAsync();
        return host;
    }

    private static async Task PublishAndAwaitAsync(MessagingHost host, CloudEvent cloudEvent)
    {
        var (properties, body) = CloudEventMessage.Write(cloudEvent);
        await host.WithChannelAsync(async channel =>
        {
            await channel.BasicPublishAsync(host.Exchange, cloudEvent.Type, mandatory: true, properties, body);
            return 0;
        });
        await Eventually.IsTrueAsync(async () => (await host.EffectsAsync()).Contains(cloudEvent.Id), Soon, $"the effect of {cloudEvent.Id}");
    }

    private static string Header(BasicGetResult message, string name) => Encoding.UTF8.GetString((byte[])message.BasicProperties.Headers![name]!);
}
