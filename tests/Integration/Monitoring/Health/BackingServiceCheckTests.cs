using Back2Code.IntegrationTests.Servers;
using Back2Code.Monitoring.Health;
using Back2Code.Monitoring.Health.Checks;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using RabbitMQ.Client;

namespace Back2Code.IntegrationTests.Monitoring.Health;

/// <summary>What the checks see of a real Redis and a real RabbitMQ.</summary>
public sealed class BackingServiceCheckTests(SharedServers servers)
{
    // As in deploy/redis/redis.conf.
    private const string Rights = "resetkeys resetchannels -@all +info +ping";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Redis_memory_is_told_to_a_user_who_may_do_nothing_else()
    {
        await using var redis = await RedisServer.StartAsync();
        await redis.SendAsync($"ACL SETUSER monitoring on >watch-only {Rights}", Cancellation);
        await redis.SendAsync("CONFIG SET maxmemory 64mb", Cancellation);
        string connection = $"redis://monitoring:watch-only@127.0.0.1:{redis.Port}";

        var finding = Assert.Single(await LookAsync(connection));
        await redis.SendAsync("CONFIG SET maxmemory 1mb", Cancellation);
        var full = Assert.Single(await LookAsync(connection));

        Assert.Equal(HealthState.Ok, finding.State);
        Assert.EndsWith("of 64 MiB used", finding.Summary, StringComparison.Ordinal);
        Assert.InRange(finding.Readings[1].Value, 100_000, 20_000_000);
        Assert.NotEqual(HealthState.Ok, full.State);
        Assert.Contains(Rights, await File.ReadAllTextAsync(Repository.PathOf("deploy/redis/redis.conf"), Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_Redis_that_refuses_or_is_gone_is_unknown()
    {
        var redis = await servers.RedisAsync();

        var refused = await Assert.ThrowsAsync<CheckFailedException>(() => LookAsync($"redis://monitoring:wrong@127.0.0.1:{redis.Port}"));
        var gone = await Assert.ThrowsAsync<CheckFailedException>(() => LookAsync($"redis://:x@127.0.0.1:{FreePort.Next()}"));

        Assert.Equal("Redis refused to tell its memory (WRONGPASS)", refused.Message);
        Assert.Equal("Redis cannot be reached", gone.Message);
    }

    [Fact]
    public async Task Each_queue_is_told_by_its_depth_and_one_parked_message_is_a_warning()
    {
        var rabbitMq = await servers.RabbitMqAsync();
        string deep = $"test.{Guid.NewGuid():N}", dead = deep + ".dead";
        await using var connection = await new ConnectionFactory { Uri = new Uri(rabbitMq.ConnectionString) }.CreateConnectionAsync(Cancellation);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Cancellation);
        foreach (string queue in (string[])[deep, dead])
        {
            await channel.QueueDeclareAsync(queue, durable: false, exclusive: false, autoDelete: true, cancellationToken: Cancellation);
            await channel.BasicPublishAsync("", queue, "x"u8.ToArray(), Cancellation);
        }

        using var check = new QueueCheck(Options.Create(new HealthOptions { RabbitMqMetricsUrl = $"http://127.0.0.1:{rabbitMq.MetricsPort}" }));
        IReadOnlyList<Finding> findings = [];

        // The broker counts every few seconds.
        await Eventually.IsTrueAsync(
            async () => (findings = await check.RunAsync(Cancellation)).Count(f => f.Target.StartsWith(deep, StringComparison.Ordinal) && f.Readings[0].Value == 1) == 2, TimeSpan.FromSeconds(30), "both messages are counted");
        await channel.QueueDeleteAsync(deep, cancellationToken: Cancellation);
        await channel.QueueDeleteAsync(dead, cancellationToken: Cancellation);

        Assert.Equal((HealthState.Ok, "1 message waits"), Told(findings.Single(f => f.Target == deep)));
        Assert.Equal((HealthState.Warning, "1 message parked"), Told(findings.Single(f => f.Target == dead)));
    }

    [Fact]
    public async Task A_broker_that_is_gone_is_unknown()
    {
        using var check = new QueueCheck(Options.Create(new HealthOptions { RabbitMqMetricsUrl = $"http://127.0.0.1:{FreePort.Next()}" }));

        var failure = await Assert.ThrowsAsync<CheckFailedException>(() => check.RunAsync(Cancellation));

        Assert.Equal("RabbitMQ cannot be asked (ConnectionError)", failure.Message);
    }

    private static (HealthState State, string Summary) Told(Finding finding) => (finding.State, finding.Summary);

    private static Task<IReadOnlyList<Finding>> LookAsync(string connection) =>
        new RedisCheck(
            new ConfigurationBuilder().AddInMemoryCollection([new("ConnectionStrings:Redis", connection)]).Build(), Options.Create(new HealthOptions())).RunAsync(Cancellation);
}
