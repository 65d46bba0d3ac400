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

    private readonly SemaphoreSlim oneScrape = new(1);
    private readonly PrometheusExporter exporter;
    private readonly BaseExportingMetricReader reader;
    private readonly MeterProvider provider;

    public MetricsCollector(ServiceIdentity service, IMeterFactory meters, IOptions<ObservabilityOptions> options)
    {
        exporter = new PrometheusExporter(service);
        reader = new BaseExportingMetricReader(exporter) { TemporalityPreference = MetricReaderTemporalityPreference.Cumulative };
        var limit = options.Value.MaxSeriesPerInstrument;
        provider = Sdk.CreateMeterProviderBuilder()
            .AddMeter(Meters)
            .AddView(instrument => StreamOf(instrument, meters, limit))
            .AddReader(reader)
            .Build();
    }

    /// <summary>Collects and renders; the caller gets the text before the next scrape begins.</summary>
    public async Task CollectAsync(Func<ReadOnlyMemory<byte>, Task> write, CancellationToken cancellationToken)
    {
        await oneScrape.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!reader.Collect(timeoutMilliseconds: 5_000))
            {
                throw new InvalidOperationException("The metrics could not be collected.");
            }

            await write(exporter.Text).ConfigureAwait(false);
        }
        finally
        {
            oneScrape.Release();
        }
    }

    public void Dispose()
    {
        provider.Dispose();
        oneScrape.Dispose();
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
