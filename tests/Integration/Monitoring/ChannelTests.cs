using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Back2Code.IntegrationTests.Servers;
using Back2Code.Monitoring.Alerts;
using Back2Code.Monitoring.Incidents;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using static Back2Code.IntegrationTests.Monitoring.Notification;

namespace Back2Code.IntegrationTests.Monitoring;

/// <summary>Signed webhooks, the log, and a storm.</summary>
public sealed class ChannelTests(SharedServers servers)
{
    private const string Key = "a-key-of-our-own-0123456789";

    // This test alone shows 32 MiB; four times that leaves room for what other tests of the same process keep meanwhile, and none for a copy of every alert per request.
    private const long MostGrowth = 128L << 20;

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_webhook_is_signed_so_that_its_receiver_can_verify_it()
    {
        using var spool = new SpoolFolder();
        await using var receiver = await Receiver.StartAsync();
        await using MonitoringApplication monitoring = await StartAsync(spool, receiver);

        await monitoring.TellAsync(Alert("Down", 1, severity: "critical"));
        await Eventually.IsTrueAsync(() => !receiver.Requests.IsEmpty, Bound, "the webhook is posted");

        (string signature, byte[] body) = receiver.Requests.First();
        var parts = signature.Split(',').Select(p => p.Split('=', 2)).ToDictionary(p => p[0], p => p[1]);
        byte[] signed = [.. Encoding.UTF8.GetBytes(parts["t"] + "."), .. body];
        byte[] expected = HMACSHA256.HashData(Encoding.UTF8.GetBytes(Key), signed);
        Assert.True(CryptographicOperations.FixedTimeEquals(expected, Convert.FromHexString(parts["v1"])));
        Assert.InRange(DateTimeOffset.FromUnixTimeSeconds(long.Parse(parts["t"], CultureInfo.InvariantCulture)), TimeProvider.System.GetUtcNow().AddMinutes(-1), TimeProvider.System.GetUtcNow().AddMinutes(1));
        JsonElement news = JsonDocument.Parse(body).RootElement;
        Assert.Equal("Down", news.GetProperty("firing")[0].GetProperty("name").GetString());
        Assert.Equal(news.GetProperty("incident").GetProperty("id").GetString(), news.GetProperty("dedupKey").GetString());
    }

    [Fact]
    public async Task A_receiver_that_fails_is_tried_again_and_hears_everything()
    {
        using var spool = new SpoolFolder();
        await using var receiver = await Receiver.StartAsync();
        receiver.Answer = 503;
        await using MonitoringApplication monitoring = await StartAsync(spool, receiver);

        await monitoring.TellAsync(Alert("A", 1));
        await Eventually.IsTrueAsync(() => receiver.Attempts >= 2, Bound, "it is tried again");
        await monitoring.TellAsync(Alert("B", 2));
        receiver.Answer = 204;
        await Eventually.IsTrueAsync(() => FiringIn(receiver).SetEquals(["A", "B"]), Bound, "it has heard everything");
    }

    [Fact]
    public async Task Ten_thousand_alerts_in_a_burst_are_taken_and_none_is_lost()
    {
        const int Count = 10_000;
        using var spool = new SpoolFolder();
        await using var receiver = await Receiver.StartAsync();
        string log = Path.Combine(spool.Path, "alerts.jsonl");
        await using MonitoringApplication monitoring = await StartAsync(spool, receiver, ("Monitoring:AlertLogPath", log), ("Monitoring:WebhookBodyLimitBytes", "16777216"));

        long before = GC.GetTotalMemory(forceFullCollection: true);
        long start = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
            await monitoring.TellAsync([.. Enumerable.Range(i * 500, 500).Select(n => Alert($"Storm{n}", 1))])));
        TimeSpan taken = Stopwatch.GetElapsedTime(start);
        await Eventually.IsTrueAsync(async () => await FiringInHistoryAsync(monitoring) == Count, TimeSpan.FromSeconds(120), "all stand in the history");
        TimeSpan stored = Stopwatch.GetElapsedTime(start);
        await Eventually.IsTrueAsync(() => Lines(log).Count == Count, Bound, "all stand in the log");

        IncidentView incident = Assert.Single((await monitoring.ListAsync()).Items);
        long growth = GC.GetTotalMemory(forceFullCollection: true) - before;
        TestContext.Current.SendDiagnosticMessage(string.Create(
            CultureInfo.InvariantCulture, $"10,000 alerts taken in {taken.TotalSeconds:F1} s, in PostgreSQL after {stored.TotalSeconds:F1} s, {receiver.Requests.Count} webhooks, heap grown by {growth >> 20} MiB"));
        Assert.True(growth <= MostGrowth, $"The heap grew by {growth >> 20} MiB.");
        Assert.Equal(Count, Lines(log).Select(l => JsonDocument.Parse(l).RootElement.GetProperty("fingerprint").GetString()).Distinct().Count());
        Assert.Equal("open", incident.State);
        Assert.InRange(incident.Alerts.Count, 1, 2_000);
        Assert.InRange(receiver.Requests.Count, 1, 20);
    }

    private static async Task<int> FiringInHistoryAsync(MonitoringApplication monitoring)
    {
        int count = 0;
        string? cursor = null;
        do
        {
            AlertPage page = await monitoring.HistoryAsync($"?state=firing&limit=500{(cursor is null ? "" : "&cursor=" + cursor)}");
            count += page.Items.Count;
            cursor = page.Next;
        }
        while (cursor is not null);
        return count;
    }

    private static List<string> Lines(string log)
    {
        if (!File.Exists(log))
        {
            return [];
        }

        using var reader = new StreamReader(new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries)];
    }

    private static HashSet<string> FiringIn(Receiver receiver) =>
        [.. receiver.Requests.SelectMany(r => JsonDocument.Parse(r.Body).RootElement.GetProperty("firing").EnumerateArray().Select(a => a.GetProperty("name").GetString()!))];

    private async Task<MonitoringApplication> StartAsync(SpoolFolder spool, Receiver receiver, params (string Name, string Value)[] more)
    {
        string secret = Path.Combine(spool.Path, "webhook.key");
        await File.WriteAllTextAsync(secret, Key + "\n");
        var settings = new Dictionary<string, string>
        {
            ["Monitoring:Webhooks:0:Url"] = receiver.Url,
            ["Monitoring:Webhooks:0:SecretFile"] = secret,
            ["Monitoring:Webhooks:0:GatherFor"] = "00:00:00",
        };
        foreach ((string name, string value) in more)
        {
            settings[name] = value;
        }

        return await MonitoringApplication.StartAsync(await (await servers.PostgresAsync()).CreateDatabaseAsync("monitoring"), spool.Path, settings);
    }

    /// <summary>Whoever wants to be told.</summary>
    private sealed class Receiver : IAsyncDisposable
    {
        private readonly WebApplication _app;
        private int _attempts;

        private Receiver()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            _app = builder.Build();
            _app.Urls.Add("http://127.0.0.1:0");
            _app.MapPost("/told", TakeAsync);
        }

        public string Url => _app.Urls.First() + "/told";

        public int Answer { get; set; } = (int)HttpStatusCode.NoContent;

        public int Attempts => _attempts;

        public ConcurrentQueue<(string Signature, byte[] Body)> Requests { get; } = [];

        public static async Task<Receiver> StartAsync()
        {
            var receiver = new Receiver();
            await receiver._app.StartAsync(TestContext.Current.CancellationToken);
            return receiver;
        }

        public ValueTask DisposeAsync() => _app.DisposeAsync();

        private async Task TakeAsync(HttpContext context)
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            if (Answer < 300)
            {
                Requests.Enqueue((context.Request.Headers["Back2Code-Signature"].ToString(), body.ToArray()));
            }

            Interlocked.Increment(ref _attempts);
            context.Response.StatusCode = Answer;
        }
    }
}
