using System.Diagnostics.Metrics;
using Back2Code.Resilience;
using Microsoft.Extensions.DependencyInjection;

namespace Back2Code.UnitTests.Resilience;

/// <summary>One pipeline named "db" on a manual clock, built through the public registration, with its metrics in reach.</summary>
internal sealed class PipelineFixture : IDisposable
{
    private readonly ServiceProvider _provider;

    public PipelineFixture(Action<DependencyPipelineOptions>? configure = null)
    {
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(Time);
        services.AddDependencyPipeline("db", o =>
        {
            o.MaxRetries = 0;
            o.MinimumThroughput = 2;
            configure?.Invoke(o);
        });
        _provider = services.BuildServiceProvider();
        Pipeline = _provider.GetRequiredService<DependencyPipelines>().Get("db");
    }

    public ManualTime Time { get; } = new();

    public DependencyPipeline Pipeline { get; }

    /// <summary>Present value of an instrument, all its series together.</summary>
    public long Read(string instrument)
    {
        long sum = 0;
        var factory = _provider.GetRequiredService<IMeterFactory>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (i, l) =>
            {
                if (i.Name == instrument && ReferenceEquals(i.Meter.Scope, factory))
                {
                    l.EnableMeasurementEvents(i);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => sum += value);
        listener.SetMeasurementEventCallback<int>((_, value, _, _) => sum += value);
        listener.Start();
        listener.RecordObservableInstruments();
        return sum;
    }

    public async Task<DependencyUnavailableException> FailAsync(Exception? exception = null) =>
        await Assert.ThrowsAsync<DependencyUnavailableException>(() => Pipeline.ExecuteAsync<int>(_ => throw exception ?? new IOException("boom"), CancellationToken.None).AsTask());

    public async Task OpenCircuitAsync()
    {
        await FailAsync();
        await FailAsync();
        Assert.Equal(CircuitBreakerState.Open, Pipeline.State);
    }

    public Task<int> SucceedAsync() => Pipeline.ExecuteAsync(_ => ValueTask.FromResult(7), CancellationToken.None).AsTask();

    /// <summary>An operation that ends only when its token is cancelled, as a client without an answer does.</summary>
    public static async ValueTask<int> HangAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.Infinite, cancellationToken);
        return 0;
    }

    public void Dispose() => _provider.Dispose();
}
