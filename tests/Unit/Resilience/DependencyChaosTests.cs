using Back2Code.Resilience;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Back2Code.UnitTests.Resilience;

/// <summary>Disturbances inside the pipeline of a dependency: what stands around the call meets them as the dependency's own trouble.</summary>
public sealed class DependencyChaosTests : IDisposable
{
    private readonly ServiceProvider _provider;
    private readonly ChaosSwitch _switch;
    private readonly DisturbanceKinds _kinds;
    private readonly DependencyPipeline _pipeline;

    public DependencyChaosTests()
    {
        var services = new ServiceCollection();
        services.AddChaos(new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { ["Chaos:Enabled"] = "true", ["Chaos:Token"] = "0123456789abcdef01234567" })
            .Build().GetSection("Chaos"));
        services.AddDependencyPipeline("db", o =>
        {
            o.MaxRetries = 2;
            o.RetryBaseDelay = o.RetryMaxDelay = TimeSpan.FromMilliseconds(1);
            o.AttemptTimeout = TimeSpan.FromMilliseconds(200);
            o.MinimumThroughput = 100;
        });
        _provider = services.BuildServiceProvider();
        _switch = _provider.GetRequiredService<ChaosSwitch>();
        _kinds = _provider.GetRequiredService<DisturbanceKinds>();
        _pipeline = _provider.GetRequiredService<DependencyPipelines>().Get("db");
    }

    [Fact]
    public void Nothing_of_it_is_there_unless_it_is_enabled()
    {
        var services = new ServiceCollection();
        services.AddChaos(new ConfigurationBuilder().Build().GetSection("Chaos"));

        Assert.DoesNotContain(services, s => s.ServiceType == typeof(ChaosSwitch) || s.ServiceType == typeof(DependencyChaos) || s.ServiceType == typeof(TimeProvider));
    }

    [Fact]
    public async Task A_failed_call_is_retried_and_what_was_asked_is_never_run()
    {
        Start("dependency-faults", new DisturbanceOrder(60, Dependency: "db"));
        int ran = 0;

        var e = await Assert.ThrowsAsync<DependencyUnavailableException>(() => AskAsync(() => ran++));

        Assert.IsType<IOException>(e.InnerException);
        Assert.Equal((0, 3L), (ran, _switch.Find("dependency-faults", "f1")!.Struck));
    }

    [Fact]
    public async Task A_bug_is_no_failure_of_the_dependency_and_passes_through()
    {
        Start("dependency-faults", new DisturbanceOrder(60, Dependency: "db", How: "bug"));

        await Assert.ThrowsAsync<InvalidOperationException>(() => AskAsync(() => { }));

        Assert.Equal(1, _switch.Find("dependency-faults", "f1")!.Struck);
    }

    [Fact]
    public async Task A_lost_answer_leaves_the_work_done_once_for_each_attempt()
    {
        Start("dependency-outcomes", new DisturbanceOrder(60, Dependency: "db"));
        int ran = 0;

        await Assert.ThrowsAsync<DependencyUnavailableException>(() => AskAsync(() => ran++));

        Assert.Equal(3, ran);
    }

    [Fact]
    public async Task A_call_that_is_kept_waiting_too_long_times_out()
    {
        Start("dependency-latency", new DisturbanceOrder(60, Dependency: "db", DelayMs: 60_000));

        var e = await Assert.ThrowsAsync<DependencyUnavailableException>(() => AskAsync(() => { }));

        Assert.Equal(DependencyUnavailableReason.TimedOut, e.Reason);
    }

    [Fact]
    public async Task A_blocked_call_is_late_and_right()
    {
        Start("dependency-blocking", new DisturbanceOrder(60, Dependency: "db", DelayMs: 30));
        long start = TimeProvider.System.GetTimestamp();

        await AskAsync(() => { });

        Assert.True(TimeProvider.System.GetElapsedTime(start) >= TimeSpan.FromMilliseconds(25));
    }

    [Fact]
    public async Task Another_dependency_is_not_touched()
    {
        Start("dependency-faults", new DisturbanceOrder(60, Dependency: "cache"));

        await AskAsync(() => { });

        Assert.Equal(0, _switch.Find("dependency-faults", "f1")!.Seen);
    }

    [Theory]
    [InlineData(true, CircuitBreakerState.Open)]
    [InlineData(false, CircuitBreakerState.Closed)]
    public async Task A_breaker_that_does_not_count_time_outs_stays_closed_on_a_dependency_that_does_not_answer(bool timeoutsCount, CircuitBreakerState expected)
    {
        using var fixture = new PipelineFixture(o =>
        {
            o.TimeoutsOpenCircuit = timeoutsCount;
            o.MinimumThroughput = 4;
        });
        for (int i = 0; i < 6 && fixture.Pipeline.State == CircuitBreakerState.Closed; i++)
        {
            var call = fixture.Pipeline.ExecuteAsync(PipelineFixture.HangAsync, CancellationToken.None).AsTask();
            await fixture.Time.RunAsync(call.ContinueWith(_ => { }, TaskScheduler.Default), TimeSpan.FromMilliseconds(100));
            await Assert.ThrowsAsync<DependencyUnavailableException>(() => call);
        }

        Assert.Equal(expected, fixture.Pipeline.State);
    }

    public void Dispose() => _provider.Dispose();

    private void Start(string kind, DisturbanceOrder order) => Assert.True(_switch.TryStart(_kinds.Create(kind, "f1", order)));

    private Task<int> AskAsync(Action work) => _pipeline.ExecuteAsync(
        _ =>
        {
            work();
            return ValueTask.FromResult(7);
        },
        CancellationToken.None,
        idempotent: true).AsTask();
}
