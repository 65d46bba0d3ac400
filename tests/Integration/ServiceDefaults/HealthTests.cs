using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using Back2Code.Observability;
using Back2Code.Resilience;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Back2Code.IntegrationTests.ServiceDefaults;

public sealed class HealthTests
{
    [Fact]
    public async Task It_is_live_but_not_ready_until_every_part_has_started()
    {
        await using var service = await TestService.StartAsync();
        var migrations = service.App.Services.GetRequiredService<StartupGate>().Register("migrations");
        migrations.Report("PostgreSQL does not answer");

        Assert.Equal((HttpStatusCode.OK, "healthy"), await StatusAsync(service, "live"));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "unhealthy"), await StatusAsync(service, "startup"));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "unhealthy"), await StatusAsync(service, "ready"));
        var check = Assert.Single((await BodyAsync(service, "ready")).Checks);
        Assert.Equal(("migrations", "unhealthy", "PostgreSQL does not answer"), (check.Name, check.Status, check.Detail));

        migrations.Complete();

        Assert.Equal((HttpStatusCode.OK, "healthy"), await StatusAsync(service, "startup"));
        Assert.Equal((HttpStatusCode.OK, "healthy"), await StatusAsync(service, "ready"));
    }

    [Fact]
    public async Task A_dependency_that_is_away_degrades_it_but_leaves_it_ready()
    {
        var up = false;
        await using var service = await TestService.StartAsync(
            builder => builder.Services.AddDependencyProbe("redis", (_, _) => Volatile.Read(ref up) ? ValueTask.FromResult(true) : throw new IOException("connection refused")),
            settings: [new("Observability:ProbeInterval", "00:00:00.1")]);

        var away = await UntilAsync(service, body => body.Checks[0].Detail == "connection refused");
        var gauge = await service.Client.GetStringAsync("/metrics");
        Volatile.Write(ref up, true);
        var back = await UntilAsync(service, body => body.Status == "healthy");

        Assert.Equal("degraded", away.Status);
        Assert.Contains("back2code_dependency_up{dependency=\"redis\"} 0\n", gauge, StringComparison.Ordinal);
        Assert.Equal(("redis", "healthy", ""), (back.Checks[0].Name, back.Checks[0].Status, back.Checks[0].Detail));
        Assert.Contains("back2code_dependency_up{dependency=\"redis\"} 1\n", await service.Client.GetStringAsync("/metrics"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Before_it_stops_it_turns_unready_and_still_serves()
    {
        await using var service = await TestService.StartAsync(
            map: static app => app.MapGet("/work", () => "done"),
            settings: [new("Observability:DrainDelay", "00:00:03")]);
        Assert.Equal((HttpStatusCode.OK, "healthy"), await StatusAsync(service, "ready"));

        var watch = TimeProvider.System.GetTimestamp();
        var stop = service.App.StopAsync();
        var ready = await service.Client.GetAsync("/health/ready");
        var body = await ready.Content.ReadFromJsonAsync<HealthBody>();
        var work = await service.Client.GetAsync("/work");
        await stop;
        var stoppedAfter = TimeProvider.System.GetElapsedTime(watch);

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "drain"), (ready.StatusCode, body!.Checks[0].Name));
        Assert.Equal((HttpStatusCode.OK, true), (work.StatusCode, work.Headers.ConnectionClose == true));
        Assert.True(stoppedAfter >= TimeSpan.FromSeconds(2.9), $"stopped after {stoppedAfter}");
        var refused = await Assert.ThrowsAsync<HttpRequestException>(() => service.Client.GetAsync("/work"));
        Assert.IsType<SocketException>(refused.InnerException);
    }

    [Fact]
    public async Task A_request_under_way_is_finished_before_it_stops()
    {
        var release = new TaskCompletionSource();
        var entered = new TaskCompletionSource();
        await using var service = await TestService.StartAsync(map: app => app.MapGet("/slow", async () =>
        {
            entered.SetResult();
            await release.Task;
            return "finished";
        }));

        var request = service.Client.GetStringAsync("/slow");
        await entered.Task.WaitAsync(TimeSpan.FromSeconds(10));
        var stop = service.App.StopAsync();
        release.SetResult();

        Assert.Equal("finished", await request);
        await stop;
    }

    [Fact]
    public async Task A_wish_to_stop_from_inside_the_process_drains_too()
    {
        await using var service = await TestService.StartAsync(settings: [new("Observability:DrainDelay", "00:00:01")]);
        var lifetime = service.App.Services.GetRequiredService<IHostApplicationLifetime>();
        var stopped = service.App.WaitForShutdownAsync();

        lifetime.StopApplication();
        var ready = await service.Client.GetAsync("/health/ready");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        await stopped.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task It_answers_HEAD_as_gateways_like_to_ask()
    {
        await using var service = await TestService.StartAsync();

        var response = await service.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/health/ready"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    private static async Task<(HttpStatusCode, string)> StatusAsync(TestService service, string kind)
    {
        var response = await service.Client.GetAsync($"/health/{kind}");
        return (response.StatusCode, (await response.Content.ReadFromJsonAsync<HealthBody>())!.Status);
    }

    private static async Task<HealthBody> BodyAsync(TestService service, string kind) =>
        (await (await service.Client.GetAsync($"/health/{kind}")).Content.ReadFromJsonAsync<HealthBody>())!;

    private static async Task<HealthBody> UntilAsync(TestService service, Func<HealthBody, bool> condition)
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (true)
        {
            bound.Token.ThrowIfCancellationRequested();
            var body = await BodyAsync(service, "ready");
            if (condition(body))
            {
                return body;
            }
        }
    }
}
