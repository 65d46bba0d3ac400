using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Back2Code.EndToEndTests;

/// <summary>The platform by itself: what a user sees of it, and what it leaves behind.</summary>
[Collection(RunningPlatform.Shared)]
public sealed class PlatformTests(RunningPlatform platform)
{
    [Fact]
    public async Task Status_names_every_process_and_all_are_ready()
    {
        var status = await platform.StatusAsync(TestContext.Current.CancellationToken);

        var processes = status.GetProperty("processes").EnumerateArray().ToDictionary(p => p.GetProperty("name").GetString()!);
        Assert.Equal(
            ["alertmanager", "epmd", "gateway", "identity", "monitoring", "notes-1", "notes-2", "notifications", "postgres", "prometheus", "rabbitmq", "redis", "toxiproxy"],
            processes.Keys.Order());
        Assert.All(processes.Values, process => Assert.Equal("ready", process.GetProperty("state").GetString()));
        Assert.All(processes.Values, process => Assert.True(File.Exists($"/proc/{process.GetProperty("pid").GetInt32()}/stat")));
        Assert.True(File.Exists($"/proc/{status.GetProperty("labPid").GetInt32()}/stat"));
    }

    [Fact]
    public async Task A_second_up_on_the_same_state_says_who_runs_there()
    {
        await using var second = RunningCommand.Start("up", "--state", platform.State, "--port-base", "auto");
        var exit = await second.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        var status = await platform.StatusAsync(TestContext.Current.CancellationToken);
        Assert.NotEqual(0, exit);
        Assert.Contains(status.GetProperty("labPid").GetInt32().ToString(System.Globalization.CultureInfo.InvariantCulture), second.Errors + second.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_killed_service_is_started_again()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var before = Process(await platform.StatusAsync(cancellationToken), "notifications");

        System.Diagnostics.Process.GetProcessById(before.GetProperty("pid").GetInt32()).Kill();

        await EventuallyAsync(
            async () => Process(await platform.StatusAsync(cancellationToken), "notifications"),
            now => now.GetProperty("state").GetString() == "ready" && now.GetProperty("restarts").GetInt32() == before.GetProperty("restarts").GetInt32() + 1,
            cancellationToken);
    }

    [Fact]
    public async Task Logs_of_a_service_are_json_and_an_unknown_name_lists_the_known_ones()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var logs = RunningCommand.Start("logs", "monitoring", "--state", platform.State);
        Assert.Equal(0, await logs.WaitAsync(TimeSpan.FromSeconds(20), cancellationToken));
        await using var unknown = RunningCommand.Start("logs", "nosuch", "--state", platform.State);
        Assert.NotEqual(0, await unknown.WaitAsync(TimeSpan.FromSeconds(20), cancellationToken));

        using var record = JsonDocument.Parse(logs.Output.Split('\n')[0]);
        Assert.Equal(JsonValueKind.Object, record.RootElement.ValueKind);
        Assert.Contains("monitoring", unknown.Errors + unknown.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_of_the_identity_service_opens_ones_own_notes_and_no_more_than_was_asked_for()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var gateway = (await platform.StatusAsync(cancellationToken)).GetProperty("endpoints").GetProperty("gateway").GetString()!;
        using var http = new HttpClient { BaseAddress = new Uri(gateway) };

        var written = await PostNoteAsync(http, await TokenAsync("--user", "ada"), cancellationToken);
        var refused = await PostNoteAsync(http, await TokenAsync("--user", "ada", "--role", "viewer"), cancellationToken);
        var byLab = await PostNoteAsync(http, await TokenAsync("--user", "ada", "--lab-key"), cancellationToken);

        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.Forbidden, HttpStatusCode.Created), (written, refused, byLab));
    }

    [Fact]
    public async Task Followed_logs_show_what_is_written_from_now_on_until_ctrl_c()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var endpoint = (await platform.StatusAsync(cancellationToken)).GetProperty("endpoints").GetProperty("toxiproxy").GetString()!;
        var name = $"logged-{Guid.NewGuid():N}";
        using var http = new HttpClient { BaseAddress = new Uri(endpoint) };
        await using var logs = RunningCommand.Start("logs", "toxiproxy", "--follow", "--lines", "1", "--state", platform.State);
        await logs.WaitForTextAsync("listens on", TimeSpan.FromSeconds(20), cancellationToken);

        using var made = await http.PostAsJsonAsync("/proxies", new { name, listen = "127.0.0.1:0", upstream = "127.0.0.1:9" }, cancellationToken);
        made.EnsureSuccessStatusCode();
        using var deleted = await http.DeleteAsync(new Uri($"/proxies/{name}", UriKind.Relative), cancellationToken);
        deleted.EnsureSuccessStatusCode();
        await logs.WaitForTextAsync(name, TimeSpan.FromSeconds(10), cancellationToken);
        logs.Signal(PosixSignalNumber.Interrupt);

        Assert.Equal(0, await logs.WaitAsync(TimeSpan.FromSeconds(10), cancellationToken));
    }

    /// <summary>Before anything is broken, while it is, and after it was; every phase by itself is interrupted in the tests of the engine.</summary>
    [Theory]
    [InlineData("✓ warm up", "steady state")]
    [InlineData("✓ inject", "detect")]
    [InlineData("✓ recover", "verify")]
    public async Task An_interrupted_drill_undoes_everything_and_says_so(string after, string phase)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        using var reports = new TemporaryFolder();
        await using var drill = RunningCommand.Start("drill", "run", "slow-database", "--state", platform.State, "--report", reports.Path);
        await drill.WaitForTextAsync(after, TimeSpan.FromSeconds(90), cancellationToken);

        drill.Signal(PosixSignalNumber.Interrupt);
        var exit = await drill.WaitAsync(TimeSpan.FromSeconds(30), cancellationToken);

        Assert.True(exit == 130, $"interrupted in {phase}, it ended with {exit}.\n{drill}");
        using var summary = JsonDocument.Parse(File.ReadAllText(Assert.Single(Directory.GetFiles(reports.Path, "summary.json", SearchOption.AllDirectories))));
        Assert.Equal("interrupted", summary.RootElement.GetProperty("status").GetString());
        await AssertHealthyAsync(cancellationToken);
    }

    private async Task<string> TokenAsync(params string[] arguments)
    {
        await using var token = RunningCommand.Start(["token", .. arguments, "--state", platform.State]);
        var exit = await token.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.True(exit == 0, $"token ended with {exit}.\n{token}");
        return token.Output.Trim();
    }

    private static async Task<HttpStatusCode> PostNoteAsync(HttpClient http, string token, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/notes") { Content = JsonContent.Create(new { title = "A title", body = "" }) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        request.Headers.Add("Idempotency-Key", Guid.NewGuid().ToString());
        using var response = await http.SendAsync(request, cancellationToken);
        return response.StatusCode;
    }

    /// <summary>No undo record, no toxic, every process ready: what an interrupted drill has to leave behind.</summary>
    private async Task AssertHealthyAsync(CancellationToken cancellationToken)
    {
        var faults = Path.Combine(platform.State, "faults");
        Assert.Empty(Directory.Exists(faults) ? Directory.GetFiles(faults, "*.json") : []);

        var status = await EventuallyAsync(
            () => platform.StatusAsync(cancellationToken),
            now => now.GetProperty("processes").EnumerateArray().All(process => process.GetProperty("state").GetString() == "ready"),
            cancellationToken);
        using var http = new HttpClient { BaseAddress = new Uri(status.GetProperty("endpoints").GetProperty("toxiproxy").GetString()!) };
        using var proxies = JsonDocument.Parse(await http.GetStringAsync(new Uri("/proxies", UriKind.Relative), cancellationToken));
        Assert.All(proxies.RootElement.EnumerateObject(), proxy =>
        {
            Assert.True(proxy.Value.GetProperty("enabled").GetBoolean(), proxy.Name);
            Assert.Empty(proxy.Value.GetProperty("toxics").EnumerateArray());
        });
    }

    private static JsonElement Process(JsonElement status, string name) =>
        status.GetProperty("processes").EnumerateArray().Single(process => process.GetProperty("name").GetString() == name);

    private static async Task<JsonElement> EventuallyAsync(Func<Task<JsonElement>> read, Func<JsonElement, bool> holds, CancellationToken cancellationToken)
    {
        JsonElement last = default;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        for (var attempt = 0; attempt < 60; attempt++)
        {
            last = await read();
            if (holds(last))
            {
                return last;
            }

            await timer.WaitForNextTickAsync(cancellationToken);
        }

        Assert.Fail($"The condition did not come true; last seen: {last}");
        return last;
    }
}
