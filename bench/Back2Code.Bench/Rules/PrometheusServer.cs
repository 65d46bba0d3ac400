using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Back2Code.Slo;

namespace Back2Code.Bench.Rules;

/// <summary>A Prometheus of the benchmark's own, with a history, one target and one rule file.</summary>
internal sealed class PrometheusServer : IAsyncDisposable
{
    private readonly Process _process;
    private readonly HttpClient _http;

    private PrometheusServer(Process process, int port)
    {
        _process = process;
        _http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
    }

    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public static async Task<PrometheusServer> StartAsync(
        string folder, int targetPort, RuleOptions options, Action<TextWriter, DateTimeOffset> history, CancellationToken cancellationToken)
    {
        string data = Directory.CreateDirectory(Path.Combine(folder, "tsdb")).FullName;
        string openMetrics = Path.Combine(folder, "history.txt");
        await using (var writer = new StreamWriter(openMetrics))
        {
            history(writer, TimeProvider.System.GetUtcNow());
        }

        // Blocks of three days, as compaction leaves them after a month; by default they would be of two hours each.
        await RunAsync("promtool", ["tsdb", "create-blocks-from", "--max-block-duration=72h", "openmetrics", openMetrics, data], cancellationToken);
        File.Delete(openMetrics);

        string seconds = options.ScrapeInterval.TotalSeconds.ToString(CultureInfo.InvariantCulture);
        await File.WriteAllTextAsync(
            Path.Combine(folder, "prometheus.yml"),
            $$"""
            global: {scrape_interval: {{seconds}}s, evaluation_interval: {{seconds}}s, scrape_timeout: 1s}
            rule_files: [rules.yaml]
            scrape_configs:
              - job_name: bench
                honor_labels: true
                static_configs: [{targets: ["127.0.0.1:{{targetPort}}"]}]
            """,
            cancellationToken);
        int port = FreePort();
        var info = new ProcessStartInfo("prometheus",
            [$"--config.file={Path.Combine(folder, "prometheus.yml")}", $"--storage.tsdb.path={data}", "--storage.tsdb.retention.time=60d", $"--web.listen-address=127.0.0.1:{port}", "--log.level=error"]);
        // As the lab runs it.
        info.Environment["GOMAXPROCS"] = "1";
        var server = new PrometheusServer(Process.Start(info)!, port);
        await server.ReadyAsync(cancellationToken);
        return server;
    }

    /// <summary>How long each group's last evaluation took.</summary>
    public async Task<Dictionary<string, double>> GroupMillisecondsAsync(CancellationToken cancellationToken)
    {
        const string metric = "prometheus_rule_group_last_duration_seconds{rule_group=\"";
        string text = await _http.GetStringAsync(new Uri("/metrics", UriKind.Relative), cancellationToken);
        return text.Split('\n').Where(line => line.StartsWith(metric, StringComparison.Ordinal)).ToDictionary(
            line => line[(line.IndexOf(';', StringComparison.Ordinal) + 1)..line.IndexOf('"', metric.Length)],
            line => double.Parse(line.AsSpan(line.LastIndexOf(' ') + 1), CultureInfo.InvariantCulture) * 1000);
    }

    public async Task<int> RuleCountAsync(CancellationToken cancellationToken)
    {
        JsonElement answer = await _http.GetFromJsonAsync<JsonElement>(new Uri("/api/v1/rules", UriKind.Relative), cancellationToken);
        JsonElement[] rules = [.. answer.GetProperty("data").GetProperty("groups").EnumerateArray().SelectMany(g => g.GetProperty("rules").EnumerateArray())];
        string[] ill = [.. rules.Where(r => r.GetProperty("health").GetString() == "err").Select(r => r.GetProperty("name").GetString() + ": " + r.GetProperty("lastError").GetString())];
        return ill.Length == 0 ? rules.Length : throw new InvalidOperationException("Prometheus could not evaluate " + string.Join("; ", ill.Take(5)));
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _http.Dispose();
    }

    private async Task ReadyAsync(CancellationToken cancellationToken)
    {
        for (int i = 0; i < 300; i++)
        {
            try
            {
                if ((await _http.GetAsync(new Uri("/-/ready", UriKind.Relative), cancellationToken)).IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }

            await Task.Delay(100, cancellationToken);
        }

        throw new TimeoutException("Prometheus was not ready within 30 s.");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task RunAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(cancellationToken), errors = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} failed: {await output}{await errors}");
        }
    }
}
