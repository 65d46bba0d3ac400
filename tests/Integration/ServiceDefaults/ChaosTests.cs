using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Back2Code.IntegrationTests.ServiceDefaults;

/// <summary>The chaos switch of a service, on real Kestrel.</summary>
public sealed class ChaosTests
{
    internal const string Token = "a-secret-of-more-than-24-characters";

    internal static readonly Dictionary<string, string?> Enabled = new() { ["Chaos:Enabled"] = "true", ["Chaos:Token"] = Token };

    [Fact]
    public async Task A_service_without_the_setting_has_no_switch()
    {
        await using var service = await StartAsync(settings: null);

        Assert.Equal(HttpStatusCode.NotFound, (await SwitchAsync(service, HttpMethod.Put, Token)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await service.Client.GetAsync("/v1/things")).StatusCode);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("a-secret-of-more-than-24-characterS")]
    public async Task Without_the_secret_the_switch_is_refused_and_nothing_fails(string? token)
    {
        await using var service = await StartAsync(Enabled);

        Assert.Equal(HttpStatusCode.Forbidden, (await SwitchAsync(service, HttpMethod.Put, token)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await SwitchAsync(service, HttpMethod.Get, token)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await service.Client.GetAsync("/v1/things")).StatusCode);
    }

    [Fact]
    public async Task A_host_with_the_switch_and_no_secret_does_not_start()
    {
        var e = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(new Dictionary<string, string?> { ["Chaos:Enabled"] = "true" }));

        Assert.Contains("Chaos:Token", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Requests_fail_with_an_ordinary_500_until_the_switch_is_turned_off()
    {
        await using var service = await StartAsync(Enabled);

        await SwitchAsync(service, HttpMethod.Put, Token, new { ratio = 1.0, seconds = 60 });
        var problem = await Problem.ReadAsync(await service.Client.GetAsync("/v1/things"));
        var stopped = await (await SwitchAsync(service, HttpMethod.Delete, Token)).Content.ReadFromJsonAsync<JsonElement>();
        var after = await service.Client.GetAsync("/v1/things");

        Assert.Equal((500, "internal-error"), (problem.Status, problem.Type));
        Assert.Equal((1, 1, false), (stopped.GetProperty("seen").GetInt64(), stopped.GetProperty("struck").GetInt64(), stopped.GetProperty("active").GetBoolean()));
        Assert.Equal(HttpStatusCode.OK, after.StatusCode);
    }

    [Fact]
    public async Task A_request_that_is_failed_never_reaches_the_service()
    {
        int handled = 0;
        await using var service = await StartAsync(Enabled, () => handled++);
        await SwitchAsync(service, HttpMethod.Put, Token, new { ratio = 0.1, seconds = 60 });

        var statuses = new List<HttpStatusCode>();
        for (int i = 0; i < 100; i++)
        {
            statuses.Add((await service.Client.GetAsync("/v1/things")).StatusCode);
        }

        Assert.InRange(statuses.Count(s => s == HttpStatusCode.InternalServerError), 9, 11);
        Assert.Equal(statuses.Count(s => s == HttpStatusCode.OK), handled);
    }

    [Fact]
    public async Task Health_and_metrics_go_on_while_everything_else_fails()
    {
        await using var service = await StartAsync(Enabled);
        await SwitchAsync(service, HttpMethod.Put, Token, new { ratio = 1.0, seconds = 60 });

        Assert.Equal(HttpStatusCode.OK, (await service.Client.GetAsync("/health/live")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await service.Client.GetAsync("/metrics")).StatusCode);
    }

    [Theory]
    [InlineData(0.0, 10.0, null)]
    [InlineData(1.5, 10.0, null)]
    [InlineData(0.5, 0.0, null)]
    [InlineData(0.5, 10_000.0, null)]
    [InlineData(0.5, 10.0, "/health")]
    public async Task An_order_out_of_range_is_refused(double ratio, double seconds, string? route)
    {
        await using var service = await StartAsync(Enabled);

        var response = await SwitchAsync(service, HttpMethod.Put, Token, new { ratio, seconds, route });

        Assert.Equal("validation-failed", (await Problem.ReadAsync(response)).Type);
    }

    [Fact]
    public async Task What_throws_is_answered_as_any_other_defect()
    {
        await using var service = await StartAsync(Enabled);
        await SwitchAsync(service, HttpMethod.Put, Token, new { ratio = 1.0, seconds = 60 }, "exceptions");

        var problem = await Problem.ReadAsync(await service.Client.GetAsync("/v1/things"));

        Assert.Equal((500, "internal-error"), (problem.Status, problem.Type));
    }

    [Fact]
    public async Task Readiness_and_metrics_lie_while_the_service_serves_and_tell_the_truth_afterwards()
    {
        await using var service = await StartAsync(Enabled);
        await SwitchAsync(service, HttpMethod.Put, Token, new { seconds = 60, how = "unready" }, "readiness-lie");
        await SwitchAsync(service, HttpMethod.Put, Token, new { seconds = 60, how = "empty" }, "metrics-gap");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await service.Client.GetAsync("/health/ready")).StatusCode);
        Assert.Equal("", await service.Client.GetStringAsync("/metrics"));
        Assert.Equal(HttpStatusCode.OK, (await service.Client.GetAsync("/v1/things")).StatusCode);

        await SwitchAsync(service, HttpMethod.Delete, Token, kind: "readiness-lie");
        await SwitchAsync(service, HttpMethod.Delete, Token, kind: "metrics-gap");
        Assert.Equal(HttpStatusCode.OK, (await service.Client.GetAsync("/health/ready")).StatusCode);
        Assert.Contains("back2code_clock_seconds", await service.Client.GetStringAsync("/metrics"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_scrape_that_gets_nothing_is_cut_off()
    {
        await using var service = await StartAsync(Enabled);
        await SwitchAsync(service, HttpMethod.Put, Token, new { seconds = 60, how = "nothing" }, "metrics-gap");

        await Assert.ThrowsAsync<HttpRequestException>(() => service.Client.GetAsync("/metrics"));
    }

    [Fact]
    public async Task A_clock_far_ahead_refuses_good_tokens_until_it_is_right_again()
    {
        await using var service = await StartAsync(Enabled);
        await SwitchAsync(service, HttpMethod.Put, Token, new { seconds = 60, offsetSeconds = 7200.0 }, "clock-skew");

        Assert.Equal(HttpStatusCode.Unauthorized, (await service.Client.SendAsync(service.Authorized(HttpMethod.Get, "/me"))).StatusCode);

        await SwitchAsync(service, HttpMethod.Delete, Token, kind: "clock-skew");
        Assert.Equal(HttpStatusCode.OK, (await service.Client.SendAsync(service.Authorized(HttpMethod.Get, "/me"))).StatusCode);
    }

    [Fact]
    public async Task What_stands_is_listed_for_whoever_has_the_secret()
    {
        await using var service = await StartAsync(Enabled);
        await SwitchAsync(service, HttpMethod.Put, Token, new { ratio = 0.5, seconds = 60 });
        using var request = new HttpRequestMessage(HttpMethod.Get, "/chaos") { Headers = { { ChaosEndpoints.TokenHeader, Token } } };

        var listed = await (await service.Client.SendAsync(request)).Content.ReadFromJsonAsync<JsonElement>();

        Assert.Equal(("errors", "f1"), (listed[0].GetProperty("kind").GetString(), listed[0].GetProperty("id").GetString()));
        Assert.Equal(HttpStatusCode.Forbidden, (await service.Client.GetAsync("/chaos")).StatusCode);
    }

    [Fact]
    public async Task A_bad_release_fails_its_share_from_the_first_request_on()
    {
        await using var service = await StartAsync(new Dictionary<string, string?>(Enabled) { ["Chaos:ReleaseErrors"] = "0.5", ["Chaos:ReleaseLatency"] = "00:00:00.05" });
        var statuses = new List<HttpStatusCode>();
        long start = TimeProvider.System.GetTimestamp();
        for (int i = 0; i < 20; i++)
        {
            statuses.Add((await service.Client.GetAsync("/v1/things")).StatusCode);
        }

        Assert.InRange(statuses.Count(s => s == HttpStatusCode.InternalServerError), 9, 11);
        Assert.True(TimeProvider.System.GetElapsedTime(start) >= TimeSpan.FromMilliseconds(20 * 45));
    }

    [Fact]
    public async Task A_release_that_starts_slowly_lives_and_is_not_ready()
    {
        await using var service = await StartAsync(new Dictionary<string, string?>(Enabled) { ["Chaos:StartDelay"] = "00:05:00" });

        var ready = await service.Client.GetAsync("/health/ready");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Contains("slow-start", await ready.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await service.Client.GetAsync("/health/live")).StatusCode);
    }

    private static Task<TestService> StartAsync(Dictionary<string, string?>? settings, Action? onRequest = null) => TestService.StartAsync(
        map: app => app.MapGet("/v1/things", () =>
        {
            onRequest?.Invoke();
            return Results.Ok();
        }),
        settings: settings);

    private static Task<HttpResponseMessage> SwitchAsync(TestService service, HttpMethod method, string? token, object? order = null, string kind = "errors")
    {
        var request = new HttpRequestMessage(method, $"/chaos/{kind}/f1") { Content = method == HttpMethod.Put ? JsonContent.Create(order ?? new { ratio = 1.0, seconds = 60 }) : null };
        if (token is not null)
        {
            request.Headers.Add(ChaosEndpoints.TokenHeader, token);
        }

        return service.Client.SendAsync(request);
    }
}
