using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using Back2Code.IntegrationTests.Monitoring.Health;
using Back2Code.IntegrationTests.Servers;
using Back2Code.Monitoring.Budgets;

namespace Back2Code.IntegrationTests.Monitoring.Budgets;

/// <summary>What the budgets say is what happened: each figure beside an exact count of the gateway's log.</summary>
public sealed class BudgetAgreementTests(SharedServers servers)
{
    private const double Allowed = 0.01;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Budgets_agree_with_an_exact_count_of_the_gateways_log_and_say_so_when_they_are_old()
    {
        using var spool = new SpoolFolder();
        await using var gateway = MeasuredGateway.Create();
        await using var monitoring = await MonitoringApplication.StartAsync(await (await servers.PostgresAsync()).CreateDatabaseAsync("monitoring"), spool.Path, new Dictionary<string, string>
        {
            ["Monitoring:PrometheusUrl"] = $"http://127.0.0.1:{gateway.PrometheusPort}",
            ["Monitoring:SlosDirectory"] = Repository.PathOf("slos"),
            ["Monitoring:SloTimeScale"] = "720",
            ["Monitoring:Budgets:StaleAfter"] = "00:00:05",
            ["Monitoring:Budgets:KeepFor"] = "00:00:10",
        });
        using (var early = await monitoring.GetAsync("/v1/slos"))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, early.StatusCode);
            Assert.Contains("urn:back2code:problem:budgets-unavailable", await early.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        }

        await gateway.StartAsync(await monitoring.GatewayLogPortAsync(), new Uri(monitoring.Address).Port);

        // A counter is born with its first request, and what it was born with is in no increase: each kind is asked once before, and scraped.
        using (var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{gateway.Port}") })
        {
            await Task.WhenAll(AskAsync(http, "good"), AskAsync(http, "bad"), AskAsync(http, "slow"));
        }

        // Until monitoring has asked a Prometheus that answers, it says 503, as above.
        await Eventually.IsTrueAsync(
            async () =>
            {
                using var response = await monitoring.GetAsync("/v1/slos/notes-latency/budget");
                return response.StatusCode == HttpStatusCode.OK
                    && await response.Content.ReadFromJsonAsync<BudgetView>(Cancellation) is { AsOf: not null, Events.Total: not null, State: not "unknown" };
            },
            TimeSpan.FromSeconds(40),
            "the rules have figures");
        var before = gateway.Counted;
        Assert.Equal(3, before.Total);

        int sent = await SendAsync(gateway, n => n % 20 == 7 ? "bad" : n % 50 == 11 ? "slow" : "good");
        await Eventually.IsTrueAsync(() => gateway.Counted.Total == before.Total + sent, TimeSpan.FromSeconds(20), "every request is in the log");
        var (total, failed, slow) = (gateway.Counted.Total - before.Total, gateway.Counted.Failed - before.Failed, gateway.Counted.Slow - before.Slow);

        await AgreeAsync(monitoring, "notes-availability", total, failed);
        await AgreeAsync(monitoring, "notes-latency", total, slow);
        await AgreeAsync(monitoring, "notes-error-rate", total, failed);

        var availability = await BudgetAsync(monitoring, "notes-availability");
        Assert.False(availability.Stale);
        Assert.NotEqual("unknown", availability.State);
        Assert.InRange(availability.Coverage.Ratio!.Value, 0.000_1, 0.5);
        Assert.Equal(1 - availability.Budget.Remaining!.Value, availability.Budget.Consumed!.Value, 9);
        Assert.NotEmpty((await (await monitoring.GetAsync("/v1/slos")).Content.ReadFromJsonAsync<SloList>(Cancellation))!.Items);
        using (var none = await monitoring.GetAsync("/v1/slos/nothing/budget"))
        {
            Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
        }

        await gateway.KillPrometheusAsync();
        await Eventually.IsTrueAsync(async () => (await BudgetAsync(monitoring, "notes-availability")) is { Stale: true, Events.Total: not null }, TimeSpan.FromSeconds(20), "the last known figures are called stale");
        await Eventually.IsTrueAsync(
            async () =>
            {
                using var response = await monitoring.GetAsync("/v1/slos/notes-availability/budget");
                return response.StatusCode == HttpStatusCode.ServiceUnavailable && response.Headers.RetryAfter is not null;
            },
            TimeSpan.FromSeconds(30),
            "figures that are too old are not told");
    }

    /// <summary>The windows close a second or two behind the last request; then they must agree.</summary>
    private static async Task AgreeAsync(MonitoringApplication monitoring, string slo, int total, int bad)
    {
        string figures = "";
        int agreed = 0;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(500));
        // Prometheus extrapolates an increase by up to a scrape interval, which weighs the less the longer there is data: on a machine so busy that scrapes come
        // seconds apart, that takes a minute.
        for (int attempt = 0; attempt < 240 && agreed < 4 && await timer.WaitForNextTickAsync(Cancellation); attempt++)
        {
            // Four times in a row: a figure that only passes through the right one on its way does not agree.
            BudgetEventsView events = (await BudgetAsync(monitoring, slo)).Events;
            agreed = Differs(events.Total, total) <= Allowed && Differs(events.Bad, bad) <= Allowed ? agreed + 1 : 0;
            figures = string.Create(
                CultureInfo.InvariantCulture,
                $"{slo}: log {bad} of {total}, budget {events.Bad:0.00} of {events.Total:0.00}: {Differs(events.Bad, bad):P2} and {Differs(events.Total, total):P2} apart");
        }

        TestContext.Current.TestOutputHelper?.WriteLine(figures);
        Assert.True(agreed >= 4, figures);
    }

    private static double Differs(double? figure, int count) => figure is { } value ? Math.Abs(value - count) / count : double.PositiveInfinity;

    private static async Task<BudgetView> BudgetAsync(MonitoringApplication monitoring, string slo)
    {
        using var response = await monitoring.GetAsync($"/v1/slos/{slo}/budget");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync<BudgetView>(Cancellation))!;
    }

    /// <summary>
    /// Sends at rates that double every two seconds before they stay. Prometheus does not extrapolate an increase beyond where the counter would have been zero, so of
    /// a counter that springs from nothing to full rate it misses most of a second's events: in production once after a restart, here a tenth of the test.
    /// </summary>
    private static async Task<int> SendAsync(MeasuredGateway gateway, Func<int, string> kind)
    {
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{gateway.Port}") };
        var requests = new List<Task>();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        int[] rates = [1, 2, 4, 8, 12, 12, 12, 12, 12, 12, 12];
        for (int i = 0; i < rates.Length; i++)
        {
            int perTick = rates[i];

            // For four seconds, a fifth of the requests, Prometheus stands still: what its rules could not count then they must count after.
            if (i == 6)
            {
                gateway.FreezePrometheus();
            }
            else if (i == 8)
            {
                gateway.ThawPrometheus();
            }

            for (int tick = 0; tick < 40 && await timer.WaitForNextTickAsync(Cancellation); tick++)
            {
                requests.AddRange(Enumerable.Range(requests.Count, perTick).Select(n => AskAsync(http, kind(n))));
            }
        }

        await Task.WhenAll(requests);
        return requests.Count;
    }

    private static async Task AskAsync(HttpClient http, string kind)
    {
        using var response = await http.GetAsync(new Uri($"/v1/notes/{kind}", UriKind.Relative), Cancellation);
    }
}
