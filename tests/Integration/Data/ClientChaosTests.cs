using Back2Code.Data;
using Back2Code.IntegrationTests.Messaging;
using Back2Code.IntegrationTests.Servers;
using Back2Code.IntegrationTests.ServiceDefaults;
using Back2Code.Messaging;
using Back2Code.Resilience;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Back2Code.IntegrationTests.Data;

/// <summary>Disturbances of clients that have no pipeline: Redis' and the relay's, against servers that are well.</summary>
public sealed class ClientChaosTests(SharedServers servers)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("io", DependencyUnavailableReason.Failed)]
    [InlineData("timeout", DependencyUnavailableReason.TimedOut)]
    public async Task A_command_that_is_failed_looks_like_Redis_own_trouble(string how, DependencyUnavailableReason reason)
    {
        await using var host = await RedisAsync();
        var fault = Begin(host, "dependency-faults", new DisturbanceOrder(60, Dependency: "redis", How: how));

        var e = await Assert.ThrowsAsync<DependencyUnavailableException>(() => host.Redis.PingAsync(Cancellation).AsTask());

        Assert.Equal(("redis", reason, 1L), (e.Dependency, e.Reason, fault.Struck));
        host.Services.GetRequiredService<ChaosSwitch>().Stop("dependency-faults", "f1");
        await host.Redis.PingAsync(Cancellation);
    }

    [Fact]
    public async Task A_command_that_is_kept_waiting_is_given_up_like_one_that_Redis_does_not_answer()
    {
        await using var host = await RedisAsync();
        Begin(host, "dependency-latency", new DisturbanceOrder(60, Dependency: "redis", DelayMs: 60_000));

        var e = await Assert.ThrowsAsync<DependencyUnavailableException>(() => host.Redis.PingAsync(Cancellation).AsTask().WaitAsync(TimeSpan.FromSeconds(10), Cancellation));

        Assert.Equal(DependencyUnavailableReason.TimedOut, e.Reason);
    }

    [Fact]
    public async Task A_disturbance_of_another_dependency_is_not_met()
    {
        await using var host = await RedisAsync();
        var fault = Begin(host, "dependency-faults", new DisturbanceOrder(60, Dependency: "rabbitmq"));

        await host.Redis.PingAsync(Cancellation);

        Assert.Equal(0, fault.Seen);
    }

    [Theory]
    [InlineData("dependency-faults")]
    [InlineData("dependency-outcomes")]
    public async Task A_publication_that_fails_or_is_not_heard_of_waits_in_the_outbox_and_takes_effect_once(string kind)
    {
        await using var host = new MessagingHost(await (await servers.PostgresAsync()).CreateDatabaseAsync("tests"), (await servers.RabbitMqAsync()).ConnectionString);
        await host.StartAsync(chaos: true);
        await host.CreateEffectsAsync();
        await host.ConsumingAsync();
        var fault = Begin(host.Host, kind, new DisturbanceOrder(60, Dependency: "rabbitmq"));

        await host.AppendAsync(MessagingHost.Event(1));
        await Eventually.IsTrueAsync(() => Task.FromResult(fault.Struck >= 2), TimeSpan.FromSeconds(10), "two publications were struck");
        Assert.Equal(1, await host.OutboxAsync());
        host.Host.Services.GetRequiredService<ChaosSwitch>().Stop(kind, "f1");

        await Eventually.IsTrueAsync(async () => await host.OutboxAsync() == 0 && await host.EffectsAsync() is ["e1"], TimeSpan.FromSeconds(10), "published, and handled once");
    }

    private static Disturbance Begin(TestHost host, string kind, DisturbanceOrder order)
    {
        Assert.True(host.Services.GetRequiredService<ChaosSwitch>().TryStart(host.Services.GetRequiredService<DisturbanceKinds>().Create(kind, "f1", order)));
        return host.Services.GetRequiredService<ChaosSwitch>().Find(kind, "f1")!;
    }

    private async Task<TestHost> RedisAsync()
    {
        var host = await TestHost.StartAsync(
            static builder =>
            {
                AddChaos(builder);
                builder.AddRedis(options => options.CommandTimeout = TimeSpan.FromMilliseconds(200));
            },
            ("Redis", (await servers.RedisAsync()).ConnectionString));
        await host.Redis.WaitUntilConnectedAsync(Cancellation);
        return host;
    }

    internal static void AddChaos(IHostApplicationBuilder builder) =>
        builder.Services.AddChaos(new ConfigurationBuilder().AddInMemoryCollection(ChaosTests.Enabled).Build().GetSection("Chaos"));
}
