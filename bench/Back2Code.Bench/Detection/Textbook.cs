using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace Back2Code.Bench.Detection;

/// <summary>A second Prometheus and Alertmanager beside the platform's, on the same gateway counters, set up as textbooks have it.</summary>
internal sealed class Textbook : IAsyncDisposable
{
    private readonly string _folder;
    private readonly HttpListener _receiver;
    private readonly List<Process> _processes = [];
    private readonly List<(DateTimeOffset Fired, DateTimeOffset Received)> _pages = [];
    private readonly Lock _gate = new();
    private readonly Task _receiving;

    private Textbook(string folder, int port)
    {
        _folder = folder;
        _receiver = new HttpListener { Prefixes = { $"http://127.0.0.1:{port}/" } };
        _receiver.Start();
        _receiving = ReceiveAsync();
    }

    public string Prometheus { get; private set; } = "";

    public static async Task<Textbook> StartAsync(DetectionSetting setting, int gatewayMetricsPort, HttpClient http, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("b2c-textbook-").FullName;
        var (receiver, alertmanager, prometheus) = (FreePort(), FreePort(), FreePort());
        var textbook = new Textbook(folder, receiver) { Prometheus = $"http://127.0.0.1:{prometheus}" };
        try
        {
            File.WriteAllText(Path.Combine(folder, "rules.yaml"), Rules(setting));
            File.WriteAllText(Path.Combine(folder, "prometheus.yml"), $$"""
                global: {scrape_interval: {{DetectionSetting.Seconds(setting.Scrape.TotalSeconds)}}, scrape_timeout: {{DetectionSetting.Seconds(setting.Scrape.TotalSeconds)}}, evaluation_interval: {{DetectionSetting.Seconds(setting.Evaluation.TotalSeconds)}}}
                rule_files: [rules.yaml]
                alerting: {alertmanagers: [{static_configs: [{targets: ["127.0.0.1:{{alertmanager}}"]}]}]}
                scrape_configs: [{job_name: gateway, static_configs: [{targets: ["127.0.0.1:{{gatewayMetricsPort}}"]}]}]
                """);
            File.WriteAllText(Path.Combine(folder, "alertmanager.yml"), $$"""
                route: {receiver: bench, group_wait: {{DetectionSetting.Seconds(setting.GroupWait.TotalSeconds)}}, group_interval: 1s, repeat_interval: 1h}
                receivers: [{name: bench, webhook_configs: [{url: "http://127.0.0.1:{{receiver}}/", send_resolved: true}]}]
                """);
            textbook.Run("prometheus-alertmanager", $"--config.file={folder}/alertmanager.yml", $"--storage.path={folder}/alertmanager", $"--web.listen-address=127.0.0.1:{alertmanager}", "--cluster.listen-address=", "--log.level=error");
            textbook.Run("prometheus", $"--config.file={folder}/prometheus.yml", $"--storage.tsdb.path={folder}/tsdb", $"--web.listen-address=127.0.0.1:{prometheus}", "--log.level=error", "--rules.alert.resend-delay=5s");
            await textbook.ReadyAsync(http, cancellationToken);
            return textbook;
        }
        catch
        {
            await textbook.DisposeAsync();
            throw;
        }
    }

    /// <summary>The first page of an alert that fired after a time; null when there is none yet.</summary>
    public (DateTimeOffset Fired, DateTimeOffset Received)? FirstPage(DateTimeOffset after)
    {
        lock (_gate)
        {
            return _pages.Where(p => p.Fired > after).Select(p => ((DateTimeOffset, DateTimeOffset)?)p).FirstOrDefault();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }

        _receiver.Close();
        await _receiving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Directory.Delete(_folder, recursive: true);
    }

    private static string Rules(DetectionSetting setting) => $"""
        groups:
          - name: textbook
            rules:
              - alert: TextbookFastBurn
                expr: {setting.Condition}
                labels:
                  severity: critical
        """;

    private void Run(string program, params string[] arguments)
    {
        // Its output would mix with the table.
        var start = new ProcessStartInfo("sh", ["-c", "exec \"$0\" \"$@\" >/dev/null 2>&1", program, .. arguments]);
        start.Environment["GOMAXPROCS"] = "1";
        _processes.Add(Process.Start(start)!);
    }

    private async Task ReadyAsync(HttpClient http, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                using var answer = await http.GetAsync(new Uri($"{Prometheus}/-/ready"), cancellationToken);
                if (answer.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException) when (attempt < 100)
            {
                // Not yet.
            }

            await Task.Delay(100, cancellationToken);
        }
    }

    private async Task ReceiveAsync()
    {
        while (true)
        {
            var context = await _receiver.GetContextAsync();
            var received = TimeProvider.System.GetUtcNow();
            using var document = await JsonDocument.ParseAsync(context.Request.InputStream);
            foreach (var alert in document.RootElement.GetProperty("alerts").EnumerateArray().Where(a => a.GetProperty("status").GetString() == "firing"))
            {
                lock (_gate)
                {
                    _pages.Add((DateTimeOffset.Parse(alert.GetProperty("startsAt").GetString()!, CultureInfo.InvariantCulture), received));
                }
            }

            context.Response.Close();
        }
    }

    private static int FreePort()
    {
        using var socket = new TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }
}
