using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Threading.Channels;
using Back2Code.Resilience;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Back2Code.IntegrationTests.ServiceDefaults;

public sealed class TelemetryTests
{
    [Fact]
    public async Task Requests_are_measured_with_a_bucket_at_the_latency_objective()
    {
        await using var service = await TestService.StartAsync(map: static app => app.MapGet("/items/{id}", (int id) => id));
        await service.Client.GetAsync("/items/1");
        await service.Client.GetAsync("/items/2");

        var text = await MetricsAsync(service, "http_server_request_duration_seconds_count");

        Assert.Contains("# TYPE http_server_request_duration_seconds histogram\n", text, StringComparison.Ordinal);
        var bucket = Assert.Single(text.Split('\n'), line => line.StartsWith("http_server_request_duration_seconds_bucket", StringComparison.Ordinal) && line.Contains("le=\"0.5\"", StringComparison.Ordinal));
        Assert.Contains("http_route=\"/items/{id}\"", bucket, StringComparison.Ordinal);
        Assert.Contains("http_response_status_code=\"200\"", bucket, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scrapes_and_health_checks_are_not_measured()
    {
        await using var service = await TestService.StartAsync();
        for (var i = 0; i < 3; i++)
        {
            await service.Client.GetAsync("/health/ready");
            await service.Client.GetAsync("/metrics");
        }

        Assert.DoesNotContain("http_server_request_duration_seconds_bucket", await service.Client.GetStringAsync("/metrics"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_scrape_is_text_format_0_0_4_with_runtime_process_and_pipeline_metrics()
    {
        await using var service = await TestService.StartAsync(
            builder => builder.Services.AddDependencyPipeline("postgres"),
            app => app.Services.GetRequiredService<DependencyPipelines>());

        var response = await service.Client.GetAsync("/metrics");
        var text = await response.Content.ReadAsStringAsync();

        Assert.Equal(MediaTypeHeaderValue.Parse("text/plain; version=0.0.4; charset=utf-8"), response.Content.Headers.ContentType);
        Assert.All(
            [
                "back2code_circuit_state{dependency=\"postgres\"} 0\n", "back2code_bulkhead_in_use{dependency=\"postgres\"} 0\n",
                "back2code_bulkhead_queued{dependency=\"postgres\"} 0\n", "back2code_bulkhead_shed_total{dependency=\"postgres\"} 0\n",
                "back2code_retries_total{dependency=\"postgres\"} 0\n", "back2code_timeouts_total{dependency=\"postgres\",kind=\"attempt\"} 0\n",
                "\nprocess_resident_memory_bytes ", "\nprocess_cpu_seconds_total ", "\nprocess_open_fds ", "\ndotnet_gc_collections_total{", "\nkestrel_active_connections{",
                "target_info{service_name=\"sample\",service_instance_id=\"sample-1\"",
            ],
            part => Assert.Contains(part, text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Scrapes_at_the_same_moment_all_get_the_whole_text()
    {
        await using var service = await TestService.StartAsync();

        var texts = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => service.Client.GetStringAsync("/metrics")));

        Assert.All(texts, text => Assert.EndsWith("\n", text, StringComparison.Ordinal));
        Assert.All(texts, text => Assert.StartsWith("# HELP target_info", text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_callers_trace_goes_on_in_the_service()
    {
        await using var service = await TestService.StartAsync(map: static app => app.MapGet("/trace", () => Activity.Current?.TraceId.ToString()));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/trace");
        request.Headers.Add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");

        var seen = await (await service.Client.SendAsync(request)).Content.ReadAsStringAsync();

        Assert.Equal("0af7651916cd43dd8448eb211c80319c", seen);
    }

    [Fact]
    public async Task Spans_are_sent_by_OTLP_without_those_of_scrapes_and_health_checks()
    {
        await using var collector = await Collector.StartAsync();
        await using (var service = await TestService.StartAsync(
            map: static app => app.MapGet("/items/{id}", async (int id, HttpContext context) =>
            {
                // The service's own call must appear as a child: scheme, host and port are those of this request.
                using var http = new HttpClient();
                return await http.GetStringAsync($"{context.Request.Scheme}://{context.Request.Host}/leaf");
            }),
            settings:
            [
                new("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Address),
                new("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
                new("OTEL_BSP_SCHEDULE_DELAY", "100"),
            ]))
        {
            service.App.MapGet("/leaf", static () => "leaf");
            await service.Client.GetAsync("/health/ready");
            await service.Client.GetAsync("/metrics");
            await service.Client.GetAsync("/items/7");
        }

        var sent = await collector.EverythingAsync();
        Assert.Contains("sample-1", sent, StringComparison.Ordinal);
        Assert.Contains("/items/{id}", sent, StringComparison.Ordinal);
        Assert.Contains("/leaf", sent, StringComparison.Ordinal);
        Assert.Contains("http.response.status_code", sent, StringComparison.Ordinal);
        // The test's own client is heard too, being in the same process: only the service's spans have url.path.
        Assert.Matches("url\\.path[^/]{1,12}/items/7", sent);
        Assert.DoesNotMatch("url\\.path[^/]{1,12}/(health|metrics)", sent);
    }

    [Fact]
    public async Task Invalid_settings_stop_the_start_and_are_all_named()
    {
        var exception = await Assert.ThrowsAnyAsync<Exception>(() => TestService.StartAsync(
            builder => builder.Services.AddDependencyPipeline("postgres"),
            settings:
            [
                new("Service:Name", "no spaces allowed"), new("Service:MaxRequestBodyBytes", "1"), new("Authentication:Issuer", ""),
                new("Observability:DrainDelay", "01:00:00"), new("Resilience:postgres:MaxConcurrency", "0"),
            ]));

        Assert.All(["Name", "MaxRequestBodyBytes", "Issuer", "DrainDelay", "MaxConcurrency"], part => Assert.Contains(part, exception.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Every_setting_of_a_pipeline_can_be_changed_from_outside()
    {
        await using var service = await TestService.StartAsync(
            builder => builder.Services.AddDependencyPipeline("postgres", o => o.MaxConcurrency = 5),
            settings: [new("Resilience:postgres:MaxConcurrency", "17")]);
        service.App.Services.GetRequiredService<DependencyPipelines>();

        Assert.Contains("back2code_bulkhead_limit{dependency=\"postgres\"} 17\n", await service.Client.GetStringAsync("/metrics"), StringComparison.Ordinal);
    }

    private static async Task<string> MetricsAsync(TestService service, string until)
    {
        // A request is measured after its answer has left; the client may be faster.
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (true)
        {
            bound.Token.ThrowIfCancellationRequested();
            var text = await service.Client.GetStringAsync("/metrics", bound.Token);
            if (text.Contains(until, StringComparison.Ordinal))
            {
                return text;
            }
        }
    }

    /// <summary>Takes OTLP over HTTP and keeps the bodies; protobuf leaves texts readable.</summary>
    private sealed class Collector : IAsyncDisposable
    {
        private readonly Channel<string> _bodies = Channel.CreateUnbounded<string>();
        private readonly WebApplication _app;

        private Collector()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            _app = builder.Build();
            _app.Urls.Add("http://127.0.0.1:0");
            _app.MapPost("/v1/traces", async (HttpRequest request) =>
            {
                using var body = new MemoryStream();
                await request.Body.CopyToAsync(body);
                _bodies.Writer.TryWrite(Encoding.UTF8.GetString(body.ToArray()));
                return Results.Ok();
            });
        }

        public string Address => _app.Urls.Single();

        public static async Task<Collector> StartAsync()
        {
            var collector = new Collector();
            await collector._app.StartAsync();
            return collector;
        }

        /// <summary>The service has stopped, and stopping sends what is left: nothing more will come.</summary>
        public async Task<string> EverythingAsync()
        {
            _bodies.Writer.Complete();
            var all = new StringBuilder();
            await foreach (var body in _bodies.Reader.ReadAllAsync())
            {
                all.Append(body);
            }

            return all.ToString();
        }

        public ValueTask DisposeAsync() => _app.DisposeAsync();
    }
}
