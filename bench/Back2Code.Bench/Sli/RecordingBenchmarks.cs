using System.Diagnostics.Metrics;
using Back2Code.Observability;
using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.DependencyInjection;

namespace Back2Code.Bench.Sli;

/// <summary>Public because BenchmarkDotNet calls it by reflection.</summary>
public class RecordingBenchmarks : IDisposable
{
    private const int Calls = 1_000;

    private readonly SliWindow _window = new();
    private readonly object _status = 200;
    private ServiceProvider? _services;
    private SliRecorder? _recorder;
    private Histogram<double>? _duration;
    private CancellationTokenSource? _stop;
    private Thread[] _others = [];

    [GlobalSetup]
    public void Listen()
    {
        _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var meters = _services.GetRequiredService<IMeterFactory>();
        _duration = meters.Create("Microsoft.AspNetCore.Hosting").CreateHistogram<double>("http.server.request.duration", "s");
        _recorder = new SliRecorder(_window, meters);
    }

    [GlobalSetup(Target = nameof(Contended))]
    public void StartOtherWriters()
    {
        Listen();
        _stop = new CancellationTokenSource();
        var stop = _stop.Token;
        _others = [.. Enumerable.Range(1, Math.Max(1, Environment.ProcessorCount - 1)).Select(_ => new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                _window.Record(0.003, failed: false);
            }
        }) { IsBackground = true })];
        Array.ForEach(_others, static thread => thread.Start());
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _stop?.Cancel();
        Array.ForEach(_others, static thread => thread.Join());
        _stop?.Dispose();
        _recorder?.Dispose();
        _services?.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark(Description = "record", OperationsPerInvoke = Calls)]
    public void Record()
    {
        for (int i = 0; i < Calls; i++)
        {
            _window.Record(0.003, failed: false);
        }
    }

    /// <summary>The tags are those of ASP.NET Core 10, in its order. The measurement's own cost is in it, which every service has anyway.</summary>
    [Benchmark(Description = "from ASP.NET Core's measurement on", OperationsPerInvoke = Calls)]
    public void Measure()
    {
        for (int i = 0; i < Calls; i++)
        {
            _duration!.Record(
                0.003,
                new KeyValuePair<string, object?>("url.scheme", "http"),
                new KeyValuePair<string, object?>("network.protocol.version", "1.1"),
                new KeyValuePair<string, object?>("http.request.method", "GET"),
                new KeyValuePair<string, object?>("http.response.status_code", _status),
                new KeyValuePair<string, object?>("http.route", "/v1/notes/{id:guid}"));
        }
    }

    [Benchmark(Description = "record, while the other cores record as well", OperationsPerInvoke = Calls)]
    public void Contended()
    {
        for (int i = 0; i < Calls; i++)
        {
            _window.Record(0.003, failed: false);
        }
    }
}
