using System.Diagnostics;
using System.Globalization;
using Back2Code.IntegrationTests.Servers;
using Back2Code.Monitoring.Incidents;
using Back2Code.Slo;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Back2Code.IntegrationTests.Monitoring;

/// <summary>The whole chain with real programs: a metric breaks, Prometheus sees it, Alertmanager tells, an incident opens; and back.</summary>
public sealed class AlertingTests(SharedServers servers)
{
    private const int RequestsPerSecond = 120;

    [Fact]
    public async Task An_outage_of_writes_opens_an_incident_and_recovery_resolves_it()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        using var spool = new SpoolFolder();
        PostgresServer postgres = await servers.PostgresAsync();
        int prometheusPort = FreePort.Next();
        await using MonitoringApplication monitoring = await MonitoringApplication.StartAsync(
            await postgres.CreateDatabaseAsync("monitoring"), spool.Path, new Dictionary<string, string> { ["Monitoring:PrometheusUrl"] = $"http://127.0.0.1:{prometheusPort}" });
        await using var gateway = await PretendedGateway.StartAsync();
        await using var alerting = await AlertingServers.StartAsync(gateway.Port, monitoring.Address, prometheusPort);

        // Long enough to fill the fast pair's windows, and to show that health raises nothing.
        await Eventually.IsTrueAsync(async () => await alerting.ScalarAsync("count_over_time(slo:burn_rate:ratio1h{slo=\"notes-availability\"}[1m])") >= 12, TimeSpan.FromSeconds(60), "rules are evaluated");
        Assert.Empty((await monitoring.ListAsync()).Items);

        DateTimeOffset injectedAt = TimeProvider.System.GetUtcNow();
        gateway.FailWrites = true;
        TimeSpan detection = await Eventually.IsTrueAsync(async () => (await monitoring.ListAsync("?state=open")).Items.Count == 1, TimeSpan.FromSeconds(30), "an incident opens");
        IncidentView open = (await monitoring.ListAsync("?state=open")).Items[0];
        gateway.FailWrites = false;
        TimeSpan resolution = await Eventually.IsTrueAsync(
            async () => (await monitoring.ListAsync()).Items[0].Alerts.Any(a => a.Name == "NotesAvailabilityFastBurn" && a.EndsAt is not null), TimeSpan.FromSeconds(30), "the page ends");
        await Eventually.IsTrueAsync(async () => (await monitoring.ListAsync("?state=open")).Items.Count == 0, TimeSpan.FromSeconds(90), "the incident is resolved");

        double rounds = await alerting.ScalarAsync("sum(prometheus_rule_group_last_duration_seconds)");
        TestContext.Current.SendDiagnosticMessage(string.Create(
            CultureInfo.InvariantCulture,
            $"detection {detection.TotalSeconds:F1} s, page ended {resolution.TotalSeconds:F1} s after recovery, one round of rules {rounds * 1000:F1} ms"));
        IncidentView closed = Assert.Single((await monitoring.ListAsync()).Items);
        Assert.Equal(open.Id, closed.Id);
        Assert.Equal("critical", closed.Severity);
        Assert.Contains(closed.Alerts, a => a.Name == "NotesAvailabilityFastBurn" && a.Labels["slo"] == "notes-availability");
        Assert.Equal("resolved", closed.State);
        await TheLagsAddUpAsync(monitoring, injectedAt);

        // The objective is 3.5 s on a machine of its own; this one may be busy with other tests.
        Assert.True(detection < TimeSpan.FromSeconds(10), $"detection took {detection}");
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Once the fault is revealed, Prometheus' own times split the time to detection, and the budget that went is known.</summary>
    private static async Task TheLagsAddUpAsync(MonitoringApplication monitoring, DateTimeOffset injectedAt)
    {
        using HttpResponseMessage revealed = await monitoring.SendAsync(HttpMethod.Post, "/v1/incidents/events", new { kind = "fault.injected", at = injectedAt, text = "writes fail" }, "lab");
        Assert.True(revealed.IsSuccessStatusCode);
        await Eventually.IsTrueAsync(
            async () => (await monitoring.ListAsync()).Items[0] is { Measures.Detection.TelemetrySeconds: not null } i && i.Slos.Any(s => s.BudgetBurntRatio is not null),
            TimeSpan.FromSeconds(30), "Prometheus has told the way to the first alert");

        IncidentView incident = (await monitoring.ListAsync()).Items[0];
        DetectionLag lag = incident.Measures.Detection!;
        TestContext.Current.SendDiagnosticMessage(string.Create(
            CultureInfo.InvariantCulture,
            $"telemetry {lag.TelemetrySeconds:F2} s, window {lag.WindowSeconds:F2} s, evaluation {lag.EvaluationSeconds:F2} s, notification {lag.NotificationSeconds:F2} s, MTTD {incident.Measures.MttdSeconds:F2} s, budget burnt {incident.Slos[0].BudgetBurntRatio:P1}"));
        Assert.Equal(incident.Measures.MttdSeconds!.Value, lag.TelemetrySeconds!.Value + lag.WindowSeconds!.Value + lag.EvaluationSeconds!.Value + lag.NotificationSeconds!.Value, 2);
        Assert.InRange(incident.Slos.Max(s => s.BudgetBurntRatio ?? 0), 0.001, 10);
    }

    /// <summary>Metrics as HAProxy would have them: counters that grow with the time since the last look.</summary>
    private sealed class PretendedGateway : IAsyncDisposable
    {
        private readonly WebApplication _app;
        private readonly Lock _gate = new();
        private long _last = Stopwatch.GetTimestamp();
        private double _good;
        private double _failed;
        private bool _failWrites;

        private PretendedGateway()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            _app = builder.Build();
            _app.Urls.Add("http://127.0.0.1:0");
            _app.MapGet("/metrics", () => Results.Text(Metrics(), "text/plain; version=0.0.4"));
        }

        public int Port => new Uri(_app.Urls.First()).Port;

        public bool FailWrites
        {
            set
            {
                lock (_gate)
                {
                    Grow_NeedsLock();
                    _failWrites = value;
                }
            }
        }

        public static async Task<PretendedGateway> StartAsync()
        {
            var gateway = new PretendedGateway();
            await gateway._app.StartAsync(TestContext.Current.CancellationToken);
            return gateway;
        }

        public ValueTask DisposeAsync() => _app.DisposeAsync();

        private string Metrics()
        {
            lock (_gate)
            {
                Grow_NeedsLock();
                return string.Create(CultureInfo.InvariantCulture, $$"""
                    # TYPE haproxy_backend_http_responses_total counter
                    haproxy_backend_http_responses_total{proxy="notes",code="2xx"} {{Math.Floor(_good)}}
                    haproxy_backend_http_responses_total{proxy="notes",code="5xx"} {{Math.Floor(_failed)}}

                    """);
            }
        }

        private void Grow_NeedsLock()
        {
            double requests = Stopwatch.GetElapsedTime(_last).TotalSeconds * RequestsPerSecond;
            _last = Stopwatch.GetTimestamp();
            _failed += _failWrites ? requests * 0.3 : 0;
            _good += _failWrites ? requests * 0.7 : requests;
        }
    }

    /// <summary>A real Prometheus with the shipped objectives and rules, and a real Alertmanager that tells the monitoring service.</summary>
    private sealed class AlertingServers : IAsyncDisposable
    {
        private readonly ServerHome _home;
        private readonly ServerProcess _prometheus;
        private readonly ServerProcess _alertmanager;
        private readonly HttpClient _client;

        private AlertingServers(ServerHome home, ServerProcess prometheus, ServerProcess alertmanager, HttpClient client) =>
            (_home, _prometheus, _alertmanager, _client) = (home, prometheus, alertmanager, client);

        public static async Task<AlertingServers> StartAsync(int gatewayPort, string monitoring, int prometheusPort)
        {
            string prometheusProgram = Programs.Find("prometheus"), alertmanagerProgram = Programs.Find("prometheus-alertmanager");
            var home = new ServerHome("alerting");
            int alertmanagerPort = FreePort.Next();
            PrometheusRules.Write(
                SloFiles.Load(Path.Combine(Root, "slos")),
                Path.Combine(home.Folder("rules"), "slo.yaml"),
                new RuleOptions { TimeScale = 720, ScrapeInterval = TimeSpan.FromSeconds(1) });
            home.Write("rules/platform.yaml", await File.ReadAllTextAsync(Path.Combine(Root, "deploy", "prometheus", "rules", "platform.yaml")));
            string prometheusFile = home.Write("prometheus.yml", $$$"""
                global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
                rule_files: [rules/*.yaml]
                alerting:
                  alertmanagers: [{static_configs: [{targets: ["127.0.0.1:{{{alertmanagerPort}}}"]}]}]
                scrape_configs:
                  - {job_name: gateway, static_configs: [{targets: ["127.0.0.1:{{{gatewayPort}}}"], labels: {instance: gateway}}]}
                  - {job_name: prometheus, static_configs: [{targets: ["127.0.0.1:{{{prometheusPort}}}"], labels: {instance: prometheus}}]}
                """);
            string alertmanagerFile = home.Write("alertmanager.yml", $$$"""
                route: {receiver: monitoring, group_wait: 0s, group_interval: 1s, repeat_interval: 1h}
                receivers:
                  - name: monitoring
                    webhook_configs:
                      - url: {{{monitoring}}}/v1/alerts/webhook
                        send_resolved: true
                        http_config: {authorization: {credentials: {{{MonitoringApplication.WebhookToken}}}}}
                """);
            string prometheusData = home.Folder("prometheus"), alertmanagerData = home.Folder("alertmanager");
            await home.HandOverAsync();

            var alertmanager = new ServerProcess(
                home,
                [alertmanagerProgram, "--config.file=" + alertmanagerFile, "--storage.path=" + alertmanagerData,
                    $"--web.listen-address=127.0.0.1:{alertmanagerPort}", "--cluster.listen-address=", "--log.level=warn"],
                new Dictionary<string, string> { ["GOMAXPROCS"] = "1" });
            var prometheus = new ServerProcess(
                home,
                [prometheusProgram, "--config.file=" + prometheusFile, "--storage.tsdb.path=" + prometheusData,
                    $"--web.listen-address=127.0.0.1:{prometheusPort}", "--log.level=warn"],
                new Dictionary<string, string> { ["GOMAXPROCS"] = "1" });
            var started = new AlertingServers(home, prometheus, alertmanager, new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{prometheusPort}") });
            await alertmanager.StartAsync();
            await prometheus.StartAsync();
            await alertmanager.WaitUntilReadyAsync(ct => started.IsReadyAsync($"http://127.0.0.1:{alertmanagerPort}/-/ready", ct), TimeSpan.FromSeconds(20), TimeSpan.FromMilliseconds(20));
            await prometheus.WaitUntilReadyAsync(ct => started.IsReadyAsync("/-/ready", ct), TimeSpan.FromSeconds(20), TimeSpan.FromMilliseconds(20));
            return started;
        }

        /// <summary>The value of a query that yields one sample; 0 when it yields none.</summary>
        public async Task<double> ScalarAsync(string query)
        {
            using var answer = System.Text.Json.JsonDocument.Parse(
                await _client.GetStringAsync("/api/v1/query?query=" + Uri.EscapeDataString(query), TestContext.Current.CancellationToken));
            var result = answer.RootElement.GetProperty("data").GetProperty("result");
            return result.GetArrayLength() == 0 ? 0 : double.Parse(result[0].GetProperty("value")[1].GetString()!, CultureInfo.InvariantCulture);
        }

        public async ValueTask DisposeAsync()
        {
            _client.Dispose();
            await _prometheus.DisposeAsync();
            await _alertmanager.DisposeAsync();
            _home.Dispose();
        }

        private static string Root
        {
            get
            {
                DirectoryInfo? folder = new(AppContext.BaseDirectory);
                while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Back2Code.slnx")))
                {
                    folder = folder.Parent;
                }

                return folder?.FullName ?? throw new InvalidOperationException("These tests run from within the repository.");
            }
        }

        private async Task<bool> IsReadyAsync(string path, CancellationToken cancellationToken)
        {
            try
            {
                using HttpResponseMessage response = await _client.GetAsync(new Uri(path, UriKind.RelativeOrAbsolute), cancellationToken);
                return response.IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }
    }
}
