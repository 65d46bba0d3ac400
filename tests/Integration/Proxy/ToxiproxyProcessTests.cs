using System.Diagnostics;
using Back2Code.Chaos.Faults.Processes;
using Back2Code.Chaos.Proxy;
using static Back2Code.IntegrationTests.Proxy.ProxyUnderTest;

namespace Back2Code.IntegrationTests.Proxy;

/// <summary><c>back2code toxiproxy</c> as the supervisor runs it.</summary>
public sealed class ToxiproxyProcessTests
{
    [Fact]
    public async Task It_says_where_it_listens_serves_its_configuration_and_ends_at_SIGTERM()
    {
        string config = Path.GetTempFileName();
        await File.WriteAllTextAsync(config, """[{"name":"a","listen":"127.0.0.1:0","upstream":"localhost:1"}]""", Cancellation);
        using var process = Start("-port", "0", "-config", config, "--seed=42", "-proxy-metrics", "-runtime-metrics");
        string? line;
        do
        {
            line = await process.StandardOutput.ReadLineAsync(Cancellation);
        }
        while (line is not null && !line.StartsWith("Toxiproxy API on ", StringComparison.Ordinal));

        Assert.NotNull(line);
        using var http = new HttpClient { BaseAddress = new Uri(line["Toxiproxy API on ".Length..]) };
        Assert.Equal(["a"], (await new ToxiproxyClient(http).ListAsync(Cancellation)).Keys);
        long start = Stopwatch.GetTimestamp();
        LinuxProcess.Find(process.Id)!.Send(Signal.Terminate);
        await process.WaitForExitAsync(Cancellation);

        Assert.Equal(0, process.ExitCode);
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(5));
        File.Delete(config);
    }

    [Fact]
    public async Task It_prints_its_version()
    {
        using var process = Start("-version");

        Assert.StartsWith("toxiproxy-server version ", await process.StandardOutput.ReadToEndAsync(Cancellation), StringComparison.Ordinal);
        await process.WaitForExitAsync(Cancellation);
        Assert.Equal(0, process.ExitCode);
    }

    [Theory]
    [InlineData("--port 70000", "--port must lie between 0 and 65535", 2)]
    [InlineData("--port 0 --config /nowhere/links.json", "toxiproxy: /nowhere/links.json: Could not find a part of the path", 1)]
    [InlineData("--port 0 --host 192.0.2.1", "toxiproxy: ", 1)]
    public async Task What_it_cannot_do_is_one_clear_line_and_a_typing_error_is_told_apart(string arguments, string message, int exitCode)
    {
        using var process = Start(arguments.Split(' '));

        string errors = await process.StandardError.ReadToEndAsync(Cancellation);
        await process.WaitForExitAsync(Cancellation);

        Assert.Equal(exitCode, process.ExitCode);
        Assert.StartsWith(message, errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    private static Process Start(params string[] arguments) => Process.Start(
        new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "back2code.dll"), "toxiproxy", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
}
