using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using Back2Code.IntegrationTests.Servers;
using Back2Code.Monitoring.Incidents;

namespace Back2Code.IntegrationTests.Monitoring;

/// <summary>The lab's own Alertmanager configuration in a real Alertmanager, which tells a real monitoring service.</summary>
public sealed class AlertmanagerTests(SharedServers servers)
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData("alertmanager.yml")]
    [InlineData("production.yml")]
    public async Task Every_configuration_that_ships_is_valid(string file)
    {
        using var home = new ServerHome("amtool");
        string path = home.Write(file, Rendered(file, port: 1));
        using Process amtool = Process.Start(new ProcessStartInfo(Programs.Find("amtool"), ["check-config", path]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        string said = await amtool.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken) + await amtool.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await amtool.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.True(amtool.ExitCode == 0, said);
        Assert.Contains("3 inhibit rules", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("alertmanager.yml", 2)]
    [InlineData("production.yml", 1)]
    public async Task Many_alerts_about_one_service_are_one_notification_and_another_service_has_its_own(string file, int atMost)
    {
        const int Count = 60;
        using var spool = new SpoolFolder();
        await using MonitoringApplication monitoring = await StartAsync(spool);
        await using var alertmanager = await RealAlertmanager.StartAsync(monitoring.Address, file: file);
        (string, string, string, string?)[] Storm(string service) => [.. Enumerable.Range(0, Count).Select(i => ($"{service}-{i}", "warning", service, (string?)null))];

        // In pieces, as Prometheus sends the alerts of its groups. The lab does not wait for the later ones: what comes after the first word is the second.
        foreach ((string, string, string, string?)[] piece in Storm("notes").Chunk(20).Append(Storm("identity")))
        {
            await alertmanager.FireAsync(piece);
        }

        await Eventually.IsTrueAsync(async () => (await NamesAsync(monitoring)).Count == 2 * Count, Bound, "all have arrived");
        int told = await alertmanager.ToldAsync();

        Assert.InRange(told, 2, 2 * atMost);
        Assert.Single((await monitoring.ListAsync()).Items);
    }

    [Fact]
    public async Task A_page_inhibits_the_ticket_of_its_objective_and_nothing_else()
    {
        using var spool = new SpoolFolder();
        await using MonitoringApplication monitoring = await StartAsync(spool);
        await using var alertmanager = await RealAlertmanager.StartAsync(monitoring.Address);

        await alertmanager.FireAsync(
            ("NotesAvailabilityFastBurn", "critical", "notes", "notes-availability"),
            ("NotesAvailabilitySlowBurn", "warning", "notes", "notes-availability"),
            ("NotesAvailabilityAbsent", "error", "notes", "notes-availability"),
            ("NotesLatencySlowBurn", "warning", "notes", "notes-latency"),
            ("NotificationsAvailabilitySlowBurn", "warning", "notifications", "notifications-availability"),
            ("PostgreSQLUnavailable", "warning", "notes", null));
        await Eventually.IsTrueAsync(async () => (await NamesAsync(monitoring)).Count >= 4, Bound, "what is not inhibited has arrived");
        await alertmanager.NextRoundAsync();

        Assert.Equal(["NotesAvailabilityFastBurn", "NotesLatencySlowBurn", "NotificationsAvailabilitySlowBurn", "PostgreSQLUnavailable"], (await NamesAsync(monitoring)).Order());
        Assert.Single((await monitoring.ListAsync()).Items);
    }

    [Fact]
    public async Task What_is_silenced_is_not_told()
    {
        using var spool = new SpoolFolder();
        await using MonitoringApplication monitoring = await StartAsync(spool);
        await using var alertmanager = await RealAlertmanager.StartAsync(monitoring.Address);

        await alertmanager.SilenceAsync("Silenced");
        await alertmanager.FireAsync(("Silenced", "critical", "notes", null), ("Heard", "warning", "notifications", null));
        await Eventually.IsTrueAsync(async () => (await NamesAsync(monitoring)).Count > 0, Bound, "the other one has arrived");
        await alertmanager.NextRoundAsync();

        Assert.Equal(["Heard"], await NamesAsync(monitoring));
    }

    [Fact]
    public async Task The_end_of_an_alert_that_was_silenced_meanwhile_is_learnt_by_asking()
    {
        using var spool = new SpoolFolder();
        await using MonitoringApplication monitoring = await StartAsync(spool, comparing: true);
        await using var alertmanager = await RealAlertmanager.StartAsync(monitoring.Address, ComparedPort(spool));
        await alertmanager.FireAsync(("Watchdog", "info", "monitoring", null), ("Down", "critical", "notes", null));
        await Eventually.IsTrueAsync(async () => (await monitoring.ListAsync("?state=open")).Items.Count == 1, Bound, "an incident opens");

        await alertmanager.SilenceAsync("Down");
        await alertmanager.EndAsync("Down", "critical", "notes");

        await Eventually.IsTrueAsync(async () => (await monitoring.ListAsync("?state=resolved")).Items.Count == 1, Bound, "the incident is resolved");
    }

    [Fact]
    public async Task The_watchdog_arrives_again_and_again_and_when_it_stops_monitoring_says_so()
    {
        using var spool = new SpoolFolder();
        await using MonitoringApplication monitoring = await MonitoringApplication.StartAsync(
            await (await servers.PostgresAsync()).CreateDatabaseAsync("monitoring"), spool.Path,
            new Dictionary<string, string> { ["Monitoring:Watchdog:SilentFor"] = "00:00:12", ["Monitoring:Watchdog:StartGrace"] = "00:01:00" });
        RealAlertmanager alertmanager = await RealAlertmanager.StartAsync(monitoring.Address);
        await using (alertmanager)
        {
            await alertmanager.FireAsync(("Watchdog", "info", "monitoring", null));
            await Eventually.IsTrueAsync(async () => await alertmanager.ToldAsync() >= 3, Bound, "the watchdog has arrived three times");
            Assert.Empty((await monitoring.ListAsync()).Items);
        }

        await Eventually.IsTrueAsync(async () => (await monitoring.ListAsync("?state=open")).Items.Count == 1, Bound, "monitoring calls itself blind");
        IncidentView blind = Assert.Single((await monitoring.ListAsync()).Items);
        Assert.Equal(("critical", "MonitoringBlind"), (blind.Severity, Assert.Single(blind.Alerts).Name));
        Assert.DoesNotContain(await NamesAsync(monitoring), n => n == "Watchdog");
    }

    private static async Task<List<string>> NamesAsync(MonitoringApplication monitoring) => [.. (await monitoring.HistoryAsync("?limit=500")).Items.Select(a => a.Name).Where(n => n != "Marker")];

    private static int ComparedPort(SpoolFolder spool) => int.Parse(File.ReadAllText(Path.Combine(spool.Path, "alertmanager.port")), CultureInfo.InvariantCulture);

    private static string Rendered(string file, int port) => File.ReadAllText(Path.Combine(Root, "deploy", "alertmanager", file))
        .Replace("127.0.0.1:${link.monitoring}", $"127.0.0.1:{port}", StringComparison.Ordinal)
        .Replace("monitoring.internal:8080", $"127.0.0.1:{port}", StringComparison.Ordinal)
        .Replace("credentials_file: /etc/alertmanager/monitoring.token", $"credentials: {MonitoringApplication.WebhookToken}", StringComparison.Ordinal)
        .Replace("${secret.webhook}", MonitoringApplication.WebhookToken, StringComparison.Ordinal);

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

    private async Task<MonitoringApplication> StartAsync(SpoolFolder spool, bool comparing = false)
    {
        var settings = new Dictionary<string, string>();
        if (comparing)
        {
            int port = FreePort.Next();
            await File.WriteAllTextAsync(Path.Combine(spool.Path, "alertmanager.port"), port.ToString(CultureInfo.InvariantCulture));
            settings["Monitoring:Watchdog:AlertmanagerUrl"] = $"http://127.0.0.1:{port}";
            settings["Monitoring:Watchdog:CompareEvery"] = "00:00:01";
        }

        return await MonitoringApplication.StartAsync(await (await servers.PostgresAsync()).CreateDatabaseAsync("monitoring"), spool.Path, settings);
    }

    private sealed class RealAlertmanager : IAsyncDisposable
    {
        private readonly ServerHome _home;
        private readonly ServerProcess _process;
        private readonly HttpClient _http;

        private RealAlertmanager(ServerHome home, ServerProcess process, int port)
        {
            (_home, _process) = (home, process);
            _http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        }

        public static async Task<RealAlertmanager> StartAsync(string monitoring, int? chosenPort = null, string file = "alertmanager.yml")
        {
            string program = Programs.Find("prometheus-alertmanager");
            var home = new ServerHome("alertmanager");
            int port = chosenPort ?? FreePort.Next();
            string configuration = home.Write("alertmanager.yml", Rendered(file, new Uri(monitoring).Port));
            string data = home.Folder("data");
            await home.HandOverAsync();
            var process = new ServerProcess(
                home,
                [program, "--config.file=" + configuration, "--storage.path=" + data, $"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address=", "--log.level=warn"],
                new Dictionary<string, string> { ["GOMAXPROCS"] = "1" });
            await process.StartAsync();
            var started = new RealAlertmanager(home, process, port);
            await process.WaitUntilReadyAsync(started.IsReadyAsync, TimeSpan.FromSeconds(20), TimeSpan.FromMilliseconds(20));
            return started;
        }

        public Task FireAsync(params (string Name, string Severity, string Service, string? Slo)[] alerts) =>
            PostAsync([.. alerts.Select(a => new { labels = Labels(a.Name, a.Severity, a.Service, a.Slo), annotations = new { summary = a.Name } })]);

        public Task EndAsync(string name, string severity, string service) => PostAsync(
            [new { labels = Labels(name, severity, service, null), annotations = new { summary = name }, endsAt = TimeProvider.System.GetUtcNow().AddSeconds(-1) }]);

        public async Task SilenceAsync(string name)
        {
            DateTimeOffset now = TimeProvider.System.GetUtcNow();
            using HttpResponseMessage response = await _http.PostAsJsonAsync(
                "/api/v2/silences",
                new { matchers = new[] { new { name = "alertname", value = name, isRegex = false, isEqual = true } }, startsAt = now.AddSeconds(-1), endsAt = now.AddHours(1), createdBy = "test", comment = "test" },
                TestContext.Current.CancellationToken);
            response.EnsureSuccessStatusCode();
        }

        /// <summary>How often it has told monitoring something.</summary>
        public async Task<int> ToldAsync()
        {
            string metrics = await _http.GetStringAsync("/metrics", TestContext.Current.CancellationToken);
            string line = metrics.Split('\n').First(l => l.StartsWith("alertmanager_notifications_total{integration=\"webhook\"}", StringComparison.Ordinal));
            return (int)double.Parse(line.Split(' ')[^1], CultureInfo.InvariantCulture);
        }

        /// <summary>Returns when every group has had another chance to tell: a fresh alert has gone the whole way.</summary>
        public async Task NextRoundAsync()
        {
            int before = await ToldAsync();
            await FireAsync(("Marker", "info", "marker", null));
            await Eventually.IsTrueAsync(async () => await ToldAsync() > before, Bound, "the next notification");
            await EndAsync("Marker", "info", "marker");
        }

        public async ValueTask DisposeAsync()
        {
            _http.Dispose();
            await _process.DisposeAsync();
            _home.Dispose();
        }

        private static Dictionary<string, string> Labels(string name, string severity, string service, string? slo)
        {
            var labels = new Dictionary<string, string> { ["alertname"] = name, ["severity"] = severity, ["service"] = service };
            if (slo is not null)
            {
                labels["slo"] = slo;
            }

            return labels;
        }

        private async Task PostAsync(object[] alerts)
        {
            using HttpResponseMessage response = await _http.PostAsJsonAsync("/api/v2/alerts", alerts, TestContext.Current.CancellationToken);
            Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        }

        private async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
        {
            try
            {
                using HttpResponseMessage response = await _http.GetAsync("/-/ready", cancellationToken);
                return response.IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }
    }
}
