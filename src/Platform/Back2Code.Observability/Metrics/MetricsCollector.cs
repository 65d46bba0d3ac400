using System.Diagnostics.Metrics;
using Microsoft.Extensions.Options;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Back2Code.Observability;

/// <summary>Listens to the meters of this host and renders them on demand.</summary>
internal sealed class MetricsCollector : IDisposable
{
    /// <summary>Around the objectives of the platform: 0.5 s is the latency SLO, 2 s the time budget of a write.</summary>
    private static readonly double[] SecondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 10];

    private static readonly string[] Meters =
    [
        "Back2Code.*", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "Microsoft.AspNetCore.Diagnostics",
        "System.Net.Http", "System.Runtime", "Npgsql",
    ];

    /// <summary>Gauges of the runtime whose names end like a histogram's count, which Prometheus' own checks refuse. They explain little.</summary>
    private static readonly HashSet<string> Unwanted = ["dotnet.assembly.count", "dotnet.timer.count", "dotnet.process.cpu.count"];

    private readonly SemaphoreSlim _oneScrape = new(1);
    private readonly PrometheusExporter _exporter;
    private readonly BaseExportingMetricReader _reader;
    private readonly MeterProvider _provider;

    public MetricsCollector(ServiceIdentity service, IMeterFactory meters, IOptions<ObservabilityOptions> options)
    {
        _exporter = new PrometheusExporter(service);
        _reader = new BaseExportingMetricReader(_exporter) { TemporalityPreference = MetricReaderTemporalityPreference.Cumulative };
        var limit = options.Value.MaxSeriesPerInstrument;
        _provider = Sdk.CreateMeterProviderBuilder()
            .AddMeter(Meters)
            .AddView(instrument => StreamOf(instrument, meters, limit))
            .AddReader(_reader)
            .Build();
    }

    /// <summary>Collects and renders; the caller gets the text before the next scrape begins.</summary>
    public async Task CollectAsync(Func<ReadOnlyMemory<byte>, Task> write, CancellationToken cancellationToken)
    {
        await _oneScrape.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!_reader.Collect(timeoutMilliseconds: 5_000))
            {
                throw new InvalidOperationException("The metrics could not be collected.");
            }

            await write(_exporter.Text).ConfigureAwait(false);
        }
        finally
        {
            _oneScrape.Release();
        }
    }

    public void Dispose()
    {
        _provider.Dispose();
        _oneScrape.Dispose();
    }

    private static MetricStreamConfiguration? StreamOf(Instrument instrument, IMeterFactory meters, int limit)
    {
        // Meters are found by name in the whole process. Several hosts in one process (tests) must not see each other's.
        if (Unwanted.Contains(instrument.Name) || (instrument.Meter.Scope is IMeterFactory other && !ReferenceEquals(other, meters)))
        {
            return MetricStreamConfiguration.Drop;
        }

        return instrument is Histogram<double> { Unit: "s", Advice: null }
            ? new ExplicitBucketHistogramConfiguration { Boundaries = SecondsBuckets, CardinalityLimit = limit }
            : new MetricStreamConfiguration { CardinalityLimit = limit };
    }
}
