using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Back2Code.IntegrationTests.Monitoring.Health;
using Back2Code.IntegrationTests.Servers;
using Back2Code.Slo;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Back2Code.IntegrationTests.Monitoring.Budgets;

/// <summary>
/// A real HAProxy with the shipped configuration in front of a service that fails and dawdles on demand, and a real Prometheus with the shipped objectives and
/// lab rules. The gateway's log goes to the monitoring service, as always, and to this test as well, which counts its lines one by one.
/// </summary>
internal sealed partial class MeasuredGateway : IAsyncDisposable
{
    private readonly ServerHome _prometheusHome = new("prometheus");
    private readonly UdpClient _log = new(new IPEndPoint(IPAddress.Loopback, 0)) { Client = { ReceiveBufferSize = 8 << 20 } };
    private readonly CancellationTokenSource _stop = new();
    private readonly WebApplication _service;
    private HaproxyServer? _gateway;
    private ServerProcess? _prometheus;
    private Task _counting = Task.CompletedTask;
    private int _total;
    private int _failed;
    private int _slow;

    private MeasuredGateway()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _service = builder.Build();
        _service.Urls.Add("http://127.0.0.1:0");
        _service.MapGet("/health/ready", () => Results.Ok());
        _service.MapGet("/v1/notes/good", () => Results.Ok("good"));
        _service.MapGet("/v1/notes/bad", () => Results.StatusCode(StatusCodes.Status500InternalServerError));
        _service.MapGet("/v1/notes/slow", async (CancellationToken cancellationToken) =>
        {
            await Task.Delay(700, cancellationToken);
            return Results.Ok("slow");
        });
    }

    public int Port => _gateway!.Port;

    public int PrometheusPort { get; } = FreePort.Next();

    /// <summary>Lines of the log for the backend notes: all, those with a 5xx, and those beyond 500 ms.</summary>
    public (int Total, int Failed, int Slow) Counted => (Volatile.Read(ref _total), Volatile.Read(ref _failed), Volatile.Read(ref _slow));

    public static MeasuredGateway Create() => new();

    public async Task StartAsync(int monitoringLogPort, int monitoringPort)
    {
        _counting = CountAsync();
        await _service.StartAsync();
        _gateway = await HaproxyServer.StartAsync(new Uri(_service.Urls.First()).Port, monitoringLogPort, ((IPEndPoint)_log.Client.LocalEndPoint!).Port);
        await StartPrometheusAsync(_gateway.MetricsPort, monitoringPort);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        foreach (var process in (IAsyncDisposable?[])[_gateway, _prometheus])
        {
            if (process is not null)
            {
                await process.DisposeAsync();
            }
        }

        await _counting;
        await _service.DisposeAsync();
        _log.Dispose();
        _prometheusHome.Dispose();
        _stop.Dispose();
    }

    private async Task StartPrometheusAsync(int gatewayMetricsPort, int monitoringPort)
    {
        string program = Programs.Find("prometheus");
        PrometheusRules.Write(
            SloFiles.Load(Repository.PathOf("slos")), Path.Combine(_prometheusHome.Folder("rules"), "slo.yaml"), new RuleOptions { TimeScale = 720, ScrapeInterval = TimeSpan.FromSeconds(1) });
        string file = _prometheusHome.Write("prometheus.yml", $$$"""
            global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
            rule_files: [rules/*.yaml]
            scrape_configs:
              - {job_name: gateway, static_configs: [{targets: ["127.0.0.1:{{{gatewayMetricsPort}}}"], labels: {instance: gateway}}]}
              - {job_name: monitoring, static_configs: [{targets: ["127.0.0.1:{{{monitoringPort}}}"], labels: {instance: monitoring}}]}
            """);
        string data = _prometheusHome.Folder("data");
        await _prometheusHome.HandOverAsync();
        _prometheus = new ServerProcess(
            _prometheusHome,
            [program, "--config.file=" + file, "--storage.tsdb.path=" + data, $"--web.listen-address=127.0.0.1:{PrometheusPort}", "--log.level=warn"],
            new Dictionary<string, string> { ["GOMAXPROCS"] = "1" });
        await _prometheus.StartAsync();
        await _prometheus.WaitUntilReadyAsync(ct => AnswersAsync($"http://127.0.0.1:{PrometheusPort}/-/ready", ct), TimeSpan.FromSeconds(20), TimeSpan.FromMilliseconds(50));
    }

    /// <summary>Neither scrapes nor evaluates until it is thawed.</summary>
    public void FreezePrometheus() => _prometheus!.Freeze();

    public void ThawPrometheus() => _prometheus!.Thaw();

    public Task KillPrometheusAsync() => _prometheus!.KillAsync();

    private async Task CountAsync()
    {
        try
        {
            while (true)
            {
                var datagram = await _log.ReceiveAsync(_stop.Token);

                // Read by another parser than the one under test.
                var line = Line().Match(Encoding.ASCII.GetString(datagram.Buffer));
                if (!line.Success || line.Groups["backend"].Value != "notes")
                {
                    continue;
                }

                Interlocked.Increment(ref _total);
                if (line.Groups["status"].Value[0] == '5')
                {
                    Interlocked.Increment(ref _failed);
                }

                if (int.Parse(line.Groups["total"].Value, System.Globalization.CultureInfo.InvariantCulture) > 500)
                {
                    Interlocked.Increment(ref _slow);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private static async Task<bool> AnswersAsync(string address, CancellationToken cancellationToken)
    {
        using var http = new HttpClient();
        try
        {
            using var response = await http.GetAsync(new Uri(address), cancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    [GeneratedRegex(@"b2c backend=(?<backend>\S+) .*status=(?<status>\d+) total_ms=(?<total>\d+) ")]
    private static partial Regex Line();
}
