using Back2Code.Resilience;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Back2Code.UnitTests.Resilience;

public sealed class RegistrationTests
{
    [Fact]
    public async Task Options_out_of_range_stop_the_host_and_are_all_named()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddDependencyPipeline("db", o =>
        {
            o.MaxConcurrency = 0;
            o.FailureRatio = 2;
            o.AttemptTimeout = TimeSpan.FromSeconds(9);
            o.QueueTimeout = TimeSpan.FromSeconds(9);
        });
        using var host = builder.Build();

        var exception = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());

        Assert.All(["MaxConcurrency", "FailureRatio", "AttemptTimeout must not exceed TotalTimeout", "QueueTimeout"], part => Assert.Contains(part, exception.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Defaults_are_valid()
    {
        using var provider = new ServiceCollection().AddDependencyPipeline("db").BuildServiceProvider();

        var pipeline = provider.GetRequiredService<DependencyPipelines>().Get("db");

        Assert.Equal("db", pipeline.Name);
    }

    [Fact]
    public void An_unknown_name_is_answered_with_the_known_ones()
    {
        using var provider = new ServiceCollection().AddDependencyPipeline("postgres").AddDependencyPipeline("redis").BuildServiceProvider();

        var exception = Assert.Throws<ArgumentException>(() => provider.GetRequiredService<DependencyPipelines>().Get("mysql"));

        Assert.Contains("postgres, redis", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Registering_a_name_twice_gives_one_pipeline_with_both_configurations()
    {
        using var provider = new ServiceCollection()
            .AddDependencyPipeline("db", o => o.MaxQueue = 3)
            .AddDependencyPipeline("db", o => o.MaxConcurrency = 2)
            .BuildServiceProvider();

        var options = provider.GetRequiredService<IOptionsMonitor<DependencyPipelineOptions>>().Get("db");

        Assert.Equal((3, 2), (options.MaxQueue, options.MaxConcurrency));
        Assert.Single(provider.GetRequiredService<DependencyPipelines>().Names);
    }

    [Theory]
    [InlineData(typeof(IOException), true)]
    [InlineData(typeof(TimeoutException), true)]
    [InlineData(typeof(HttpRequestException), true)]
    [InlineData(typeof(InvalidOperationException), false)]
    [InlineData(typeof(ArgumentException), false)]
    public void By_default_only_what_a_healthy_dependency_does_not_cause_is_a_failure(Type type, bool expected) =>
        Assert.Equal(expected, DependencyFailure.IsLikely((Exception)Activator.CreateInstance(type)!));

    [Fact]
    public void The_start_up_gate_opens_when_every_part_is_complete()
    {
        var gate = new StartupGate();
        var migrations = gate.Register("migrations");
        var keys = gate.Register("keys");

        migrations.Complete();
        var half = gate.IsComplete;
        keys.Report("waiting");
        keys.Complete();
        keys.Complete();

        Assert.Equal((false, true), (half, gate.IsComplete));
        Assert.Null(keys.Detail);
    }
}
