using System.Diagnostics;
using System.Text.Json;
using Back2Code.Lab.Traffic;
using Back2Code.Lab.Traffic.Verification;

namespace Back2Code.IntegrationTests.Traffic;

/// <summary>The command line as scripts and the drill engine see it: lines, signals, exit codes.</summary>
public sealed class TrafficCommandTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("b2c-traffic-").FullName;
    private StandIn _platform = null!;

    private string Ledger => Path.Combine(_folder, "ledger.jsonl");

    public async ValueTask InitializeAsync() => _platform = await StandIn.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _platform.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_run_and_its_verification_write_the_events_that_scripts_rely_on()
    {
        using var run = Start("run --rate 50 --warmup 1s --duration 2s --json");
        string[] lines = (await run.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await run.WaitForExitAsync(TestContext.Current.CancellationToken);
        using var verify = Start("verify --deadline 10s --json");
        string verdictLine = await verify.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await verify.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal((0, 0), (run.ExitCode, verify.ExitCode));
        Assert.StartsWith("{\"event\":\"ready\"", lines[0], StringComparison.Ordinal);
        Assert.All(lines[1..^1], l => Assert.StartsWith("{\"event\":\"second\"", l, StringComparison.Ordinal));
        using var summary = JsonDocument.Parse(lines[^1]);
        string[] promised =
        [
            "event", "startedAt", "endedAt", "measuredFrom", "total", "failed", "failedRatio", "latencyMs", "serviceMs", "firstFailureAt", "lastFailureAt", "recoveredAt", "behindMs", "statuses", "byJourney",
        ];
        Assert.All(promised, name => Assert.True(summary.RootElement.TryGetProperty(name, out _), name));
        Assert.Equal(0, summary.RootElement.GetProperty("failed").GetInt64());
        using var second = JsonDocument.Parse(lines[1]);
        Assert.All(["at", "sent", "ok", "failed", "inFlight", "behindMs", "p50Ms", "p95Ms", "p99Ms", "statuses"], name => Assert.True(second.RootElement.TryGetProperty(name, out _), name));
        Assert.EndsWith("Z", second.RootElement.GetProperty("at").GetString(), StringComparison.Ordinal);
        var verdict = JsonSerializer.Deserialize(verdictLine, TrafficJson.Default.LedgerVerdict)!;
        Assert.Equal(verdict.Acknowledged, verdict.Verified);
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task A_signal_ends_the_run_with_its_summary_even_while_requests_hang(string signal)
    {
        using var run = Start("run --rate 50 --warmup 0 --duration 10m --timeout 2500ms --json");
        await ReadLineAsync(run, "\"second\"");

        _platform.BlackHole = true;
        await ReadLineAsync(run, "\"second\"");
        await SignalAsync(run, signal);
        string last = await ReadLineAsync(run, "\"summary\"");
        await run.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(0, run.ExitCode);
        var summary = JsonSerializer.Deserialize(last, TrafficJson.Default.TrafficSummary)!;
        Assert.True(summary.Statuses[OutcomeNames.Timeout] > 0);
    }

    [Fact]
    public async Task A_killed_generator_leaves_a_ledger_that_can_be_verified()
    {
        using var run = Start("run --rate 200 --warmup 0 --duration 10m --json");
        await ReadLineAsync(run, "\"second\"");
        await ReadLineAsync(run, "\"second\"");

        run.Kill();
        await run.WaitForExitAsync(TestContext.Current.CancellationToken);
        using var verify = Start("verify --deadline 10s --json");
        var verdict = JsonSerializer.Deserialize(await verify.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), TrafficJson.Default.LedgerVerdict)!;
        await verify.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(0, verify.ExitCode);
        Assert.False(verdict.LedgerComplete);
        Assert.True(verdict.Acknowledged > 20);
        Assert.Equal(verdict.Acknowledged, verdict.Verified);
    }

    [Fact]
    public async Task Verification_exits_1_when_something_is_lost()
    {
        _platform.Once(Misdeed.LoseWrite, HttpMethod.Post);
        using var run = Start("run --rate 20 --warmup 0 --duration 1s");
        await run.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await run.WaitForExitAsync(TestContext.Current.CancellationToken);

        using var verify = Start("verify --deadline 1s");
        string text = await verify.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await verify.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(1, verify.ExitCode);
        Assert.Contains("2 lost, 0 duplicated, 0 stale", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verification_exits_4_when_the_platform_does_not_answer_and_says_how_far_it_is()
    {
        using var run = Start("run --rate 20 --warmup 0 --duration 1s");
        await run.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await run.WaitForExitAsync(TestContext.Current.CancellationToken);
        _platform.BlackHole = true;

        using var verify = Start("verify --deadline 2s --json --progress");
        string[] lines = (await verify.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await verify.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(4, verify.ExitCode);
        Assert.All(lines[..^1], l => Assert.StartsWith("{\"event\":\"progress\",\"confirmed\":0,", l, StringComparison.Ordinal));
        Assert.NotEmpty(lines[..^1]);
        var verdict = JsonSerializer.Deserialize(lines[^1], TrafficJson.Default.LedgerVerdict)!;
        Assert.Equal((0, 0), (verdict.Verified, verdict.Lost));
        Assert.True(verdict.Unreadable > 0);
    }

    [Theory]
    [InlineData("--duration soon", "'soon' is no duration")]
    [InlineData("--rate 0", "rate must lie between")]
    [InlineData("--mix wishes=3", "'wishes' is no journey")]
    [InlineData("--mix reads=many", "needs a weight")]
    [InlineData("--max-in-flight 0", "bound on requests in flight")]
    [InlineData("--target localhost", "no http or https address")]
    [InlineData("--identity http://127.0.0.1:9", "needs the variable BACK2CODE_IDENTITY_CLIENT")]
    public async Task A_wrong_value_is_a_usage_error_that_says_what_is_right(string arguments, string message)
    {
        using var run = Start("run " + arguments);
        string error = await run.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await run.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains(message, error, StringComparison.Ordinal);
        Assert.False(File.Exists(Ledger));
    }

    [Fact]
    public async Task Tokens_that_are_no_map_are_a_usage_error_that_does_not_show_them()
    {
        using var run = Start("run", tokens: "[\"secret-token\"]");
        string error = await run.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await run.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(2, run.ExitCode);
        Assert.DoesNotContain("secret-token", error, StringComparison.Ordinal);
    }

    private Process Start(string arguments, string? tokens = null)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } dotnet && Path.GetFileName(dotnet) == "dotnet" ? dotnet : "dotnet")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "back2code.dll"));
        start.ArgumentList.Add("traffic");
        foreach (string argument in arguments.Split(' '))
        {
            start.ArgumentList.Add(argument);
        }

        string[] target = arguments.Contains("--target", StringComparison.Ordinal) ? [] : ["--target", _platform.Address.ToString()];
        foreach (string argument in (string[])[.. target, "--tokens", "-", "--ledger", Ledger])
        {
            start.ArgumentList.Add(argument);
        }

        var process = Process.Start(start)!;
        process.StandardInput.Write(tokens ?? JsonSerializer.Serialize(_platform.Tokens));
        process.StandardInput.Close();
        return process;
    }

    private static async Task<string> ReadLineAsync(Process process, string containing)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        bound.CancelAfter(TimeSpan.FromSeconds(30));
        while (await process.StandardOutput.ReadLineAsync(bound.Token) is { } line)
        {
            if (line.Contains(containing, StringComparison.Ordinal))
            {
                return line;
            }
        }

        throw new InvalidOperationException($"The output ended without {containing}.");
    }

    private static async Task SignalAsync(Process process, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
    }
}
