using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using Back2Code.IntegrationTests.Servers;
using Back2Code.IntegrationTests.Services;
using Back2Code.Monitoring.Alerts;
using Back2Code.Monitoring.Gateway;
using Back2Code.Monitoring.Incidents;
using Microsoft.Extensions.DependencyInjection;

namespace Back2Code.IntegrationTests.Monitoring;

/// <summary>The monitoring service with a spool folder of its own.</summary>
internal sealed class MonitoringApplication : ServiceApplication<IncidentView>
{
    public const string WebhookToken = "test-only-webhook-token";

    private MonitoringApplication(string postgres, string spool, IReadOnlyDictionary<string, string>? settings)
        : base("monitoring", new Dictionary<string, string>
        {
            ["ConnectionStrings:Postgres"] = postgres,
            ["Monitoring:SpoolDirectory"] = spool,
            ["Monitoring:WebhookToken"] = WebhookToken,
            ["Monitoring:WebhookBodyLimitBytes"] = "65536",
            ["Monitoring:GatewayLogPort"] = "0",
        }.Concat(settings ?? new Dictionary<string, string>()).GroupBy(s => s.Key).ToDictionary(g => g.Key, g => g.Last().Value))
    {
    }

    public string Address => CreateClient().BaseAddress!.ToString().TrimEnd('/');

    /// <summary>Started and ready, with settings beyond those that it cannot do without.</summary>
    public static async Task<MonitoringApplication> StartAsync(string postgres, string spool, IReadOnlyDictionary<string, string>? settings = null)
    {
        var application = new MonitoringApplication(postgres, spool, settings);
        await application.StartAsync();
        return application;
    }

    /// <summary>Started; PostgreSQL may be away, and then it does not become ready.</summary>
    public static MonitoringApplication Start(string postgres, string spool, IReadOnlyDictionary<string, string>? settings = null)
    {
        var application = new MonitoringApplication(postgres, spool, settings);
        application.StartServer();
        return application;
    }

    public Task<int> GatewayLogPortAsync() => Services.GetRequiredService<GatewayLogReceiver>().Port;

    /// <summary>Tells it as Alertmanager would.</summary>
    public async Task<HttpResponseMessage> NotifyAsync(string body, string token = WebhookToken, string mediaType = "application/json")
    {
        using HttpClient client = Anonymous();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/alerts/webhook") { Content = new StringContent(body, Encoding.UTF8, mediaType) };
        if (token.Length > 0)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        return await client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public async Task TellAsync(params string[] alerts)
    {
        using HttpResponseMessage response = await NotifyAsync(Notification.Of(alerts));
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
    }

    public async Task<IncidentPage> ListAsync(string query = "")
    {
        using HttpClient client = AsUser("operator");
        return (await client.GetFromJsonAsync<IncidentPage>("/v1/incidents" + query, TestContext.Current.CancellationToken))!;
    }

    public async Task<AlertPage> HistoryAsync(string query = "")
    {
        using HttpClient client = AsUser("operator");
        return (await client.GetFromJsonAsync<AlertPage>("/v1/alerts" + query, TestContext.Current.CancellationToken))!;
    }

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, object? body, string user = "ada")
    {
        using HttpClient client = AsUser(user);
        using var request = new HttpRequestMessage(method, path) { Content = JsonContent.Create(body) };
        return await client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    /// <summary>Changes an incident and gives it back.</summary>
    public async Task<IncidentView> WorkAsync(HttpMethod method, string path, object? body, string user = "ada")
    {
        using HttpResponseMessage response = await SendAsync(method, path, body, user);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return (await response.Content.ReadFromJsonAsync<IncidentView>(TestContext.Current.CancellationToken))!;
    }

    public async Task<HttpResponseMessage> GetAsync(string path)
    {
        using HttpClient client = AsUser("operator");
        return await client.GetAsync(path, TestContext.Current.CancellationToken);
    }
}

/// <summary>Bodies of Alertmanager's webhook.</summary>
internal static class Notification
{
    // In the past: what is said to happen in the future is taken to happen now.
    private static readonly DateTimeOffset Start = new(2025, 11, 20, 12, 0, 0, TimeSpan.Zero);

    public static string Of(params string[] alerts) => $$"""{"version":"4","groupKey":"{}:{}","status":"firing","receiver":"monitoring","alerts":[{{string.Join(',', alerts)}}]}""";

    /// <param name="name">Of the alert; a name is used for one alert.</param>
    /// <param name="from">Seconds after a fixed start.</param>
    /// <param name="to">The same; null while it fires.</param>
    /// <param name="severity">As in the label.</param>
    /// <param name="group">Incidents of one group are joined; a test that counts incidents has one of its own.</param>
    public static string Alert(string name, int from, int? to = null, string severity = "warning", string group = "platform") => $$"""
        {"status":"{{(to is null ? "firing" : "resolved")}}","labels":{"alertname":"{{name}}","severity":"{{severity}}","service":"notes","instance":"notes-1","incident_group":"{{group}}"},
        "annotations":{"summary":"{{name}} summary"},"startsAt":"{{At(from):O}}","endsAt":"{{(to is { } end ? At(end).ToString("O") : "0001-01-01T00:00:00Z")}}",
        "generatorURL":"","fingerprint":"{{name}}{{group}}"}
        """;

    public static DateTimeOffset At(int second) => Start.AddSeconds(second);
}

/// <summary>A temporary folder.</summary>
internal sealed class SpoolFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("b2c-spool-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
