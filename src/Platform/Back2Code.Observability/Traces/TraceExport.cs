using System.Diagnostics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Back2Code.Observability;

/// <summary>Sends spans by OTLP while <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set; without it no span is recorded, and log lines still carry trace ids.</summary>
internal sealed class TraceExport : IDisposable
{
    private const string EndpointKey = "OTEL_EXPORTER_OTLP_ENDPOINT";

    private static readonly string[] Sources = ["Microsoft.AspNetCore", "System.Net.Http", "Npgsql", "Back2Code.*"];

    private readonly TracerProvider? _provider;

    public TraceExport(ServiceIdentity service, IConfiguration configuration)
    {
        if (string.IsNullOrWhiteSpace(configuration[EndpointKey]) && string.IsNullOrWhiteSpace(configuration["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"]))
        {
            return;
        }

        _provider = Sdk.CreateTracerProviderBuilder()
            // The SDK reads the OTEL_* settings; from the host's configuration, of which the environment is a part.
            .ConfigureServices(services => services.AddSingleton(configuration))
            .ConfigureResource(resource => resource.AddService(service.Name, serviceVersion: service.Version, serviceInstanceId: service.Instance))
            .AddSource(Sources)
            .AddOtlpExporter()
            .Build();
    }

    /// <summary>Sends what is still waiting, within the exporter's time-out.</summary>
    public void Dispose() => _provider?.Dispose();
}
