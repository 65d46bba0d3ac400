using System.Diagnostics;
using System.Text.Json;
using static Back2Code.IntegrationTests.Proxy.ProxyUnderTest;

namespace Back2Code.IntegrationTests.Proxy;

/// <summary><c>back2code toxiproxy list|create|toxic …</c> against a running proxy, as toxiproxy-cli is used.</summary>
public sealed class ToxiproxyClientCommandTests : IAsyncLifetime
{
    private ProxyUnderTest _proxy = null!;

    public async ValueTask InitializeAsync() => _proxy = await StartAsync();

    public ValueTask DisposeAsync() => _proxy.DisposeAsync();

    [Fact]
    public async Task A_proxy_is_made_given_a_toxic_changed_toggled_and_deleted()
    {
        Assert.StartsWith("pg: 127.0.0.1:", await RunAsync("create -l 127.0.0.1:0 -u 127.0.0.1:1 pg"), StringComparison.Ordinal);
        Assert.Equal("slow: latency upstream, toxicity 0.5, latency=200, jitter=0", await RunAsync("toxic add -t latency -n slow -u --toxicity 0.5 -a latency=200 pg"));
        Assert.Equal("slow: latency upstream, toxicity 0.5, latency=400, jitter=0", await RunAsync("toxic update -n slow -a latency=400 pg"));
        using var inspected = JsonDocument.Parse(await RunAsync("inspect --json pg"));
        Assert.Equal("slow", inspected.RootElement.GetProperty("toxics")[0].GetProperty("name").GetString());
        Assert.Equal("slow: removed", await RunAsync("toxic delete -n slow pg"));
        Assert.Equal("pg: disabled", await RunAsync("toggle pg"));
        Assert.False((await _proxy.Client.FindAsync("pg", Cancellation))!.Enabled);
        await RunAsync("reset");
        Assert.True((await _proxy.Client.FindAsync("pg", Cancellation))!.Enabled);
        Assert.Contains("pg", await RunAsync("list"), StringComparison.Ordinal);
        Assert.Equal("pg: deleted", await RunAsync("delete pg"));
        Assert.Empty(await _proxy.Client.ListAsync(Cancellation));
    }

    [Theory]
    [InlineData("inspect nowhere", 1, "there is no proxy 'nowhere'")]
    [InlineData("toxic add -t lateness nowhere", 1, "proxy not found")]
    [InlineData("toxic add -t latency -a latency nowhere", 2, "-a takes KEY=VALUE")]
    [InlineData("toxic add -t latency -u -d nowhere", 2, "one stream")]
    [InlineData("list --url ftp://127.0.0.1", 2, "absolute http or https address")]
    [InlineData("list --url http://127.0.0.1:9", 1, "nothing answers at")]
    public async Task What_cannot_be_done_is_one_clear_line(string arguments, int exitCode, string message)
    {
        var (code, _, errors) = await TryRunAsync(arguments);

        Assert.Equal(exitCode, code);
        Assert.Contains(message, errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    private async Task<string> RunAsync(string arguments)
    {
        var (code, output, errors) = await TryRunAsync(arguments);
        Assert.True(code == 0, $"toxiproxy {arguments} ended with {code}: {errors}");
        return output.TrimEnd();
    }

    private async Task<(int Code, string Output, string Errors)> TryRunAsync(string arguments)
    {
        var info = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "back2code.dll"), "toxiproxy", .. arguments.Split(' ')])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        info.Environment["TOXIPROXY_URL"] = _proxy.Http.BaseAddress!.ToString();
        using var process = Process.Start(info)!;
        var output = process.StandardOutput.ReadToEndAsync(Cancellation);
        var errors = process.StandardError.ReadToEndAsync(Cancellation);
        await process.WaitForExitAsync(Cancellation);
        return (process.ExitCode, await output, await errors);
    }
}
