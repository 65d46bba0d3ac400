using System.Net;
using System.Net.Http.Json;
using Back2Code.IntegrationTests.Servers;
using Back2Code.Observability;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Back2Code.IntegrationTests.ServiceDefaults;

public sealed class SloTests
{
    [Fact]
    public async Task Each_process_tells_the_service_level_of_its_last_requests_to_anybody()
    {
        await using var service = await TestService.StartAsync(map: static app =>
        {
            app.MapGet("/good", () => "good");
            app.MapGet("/bad", () => Results.StatusCode(StatusCodes.Status503ServiceUnavailable));
            app.MapGet("/worse", string () => throw new InvalidOperationException("provoked"));
        });
        for (int i = 0; i < 8; i++)
        {
            await service.Client.GetAsync("/good");
        }

        await service.Client.GetAsync("/bad");
        await service.Client.GetAsync("/worse");

        var read = await ReadAsync(service, requests: 10);

        Assert.Equal(10_000, read.Window);
        Assert.Equal(0.8, read.Availability!.Value, 6);
        Assert.Equal(0.2, read.ErrorRate!.Value, 6);
        Assert.True(read.P50Ms > 0 && read.P50Ms <= read.P95Ms && read.P95Ms <= read.P99Ms, read.ToString());
    }

    [Fact]
    public async Task What_clients_do_wrong_does_not_count_against_the_service()
    {
        await using var service = await TestService.StartAsync();
        await service.Client.GetAsync("/me");
        await service.Client.GetAsync("/nowhere");

        Assert.Equal(1, (await ReadAsync(service, requests: 2)).Availability);
    }

    [Fact]
    public async Task Health_checks_scrapes_and_questions_for_the_service_level_are_not_requests()
    {
        await using var service = await TestService.StartAsync();
        foreach (string path in (string[])["/health/live", "/health/ready", "/metrics", "/slo", "/me"])
        {
            await service.Client.GetAsync(path);
        }

        Assert.Equal(1, (await ReadAsync(service, requests: 1)).Requests);
    }

    [Fact]
    public async Task Without_requests_there_is_no_figure()
    {
        await using var service = await TestService.StartAsync();

        using var response = await service.Client.GetAsync("/slo");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.True(response.Headers.CacheControl!.NoStore);
        Assert.Equal(
            """{"window":10000,"requests":0,"availability":null,"errorRate":null,"p50Ms":null,"p95Ms":null,"p99Ms":null}""",
            await response.Content.ReadAsStringAsync());
    }

    /// <summary>A request is recorded after its answer has left; the client may be faster.</summary>
    private static async Task<SliSnapshot> ReadAsync(TestService service, int requests)
    {
        SliSnapshot? read = null;
        await Eventually.IsTrueAsync(
            async () => (read = await service.Client.GetFromJsonAsync<SliSnapshot>("/slo"))!.Requests >= requests, TimeSpan.FromSeconds(10), $"{requests} requests are recorded");
        return read!;
    }
}
