using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using static Back2Code.IntegrationTests.Proxy.ProxyUnderTest;

namespace Back2Code.IntegrationTests.Proxy;

/// <summary>
/// A client that others wrote and published for Toxiproxy, unchanged, from the npm registry that this machine's npm is set up for. Without Node.js or
/// a registry the test is skipped, except on the build machine, which has both.
/// </summary>
public sealed class NpmClientTests
{
    private const string Package = "toxiproxy-node-client@4.1.0";

    [Fact]
    public async Task The_published_Node_client_works_against_it()
    {
        string folder = Directory.CreateTempSubdirectory("b2c-npm-").FullName;
        try
        {
            await InstallAsync(folder);
            await using var upstream = new Upstream();
            await using var proxy = await StartAsync();
            File.Copy(Path.Combine(AppContext.BaseDirectory, "Proxy", "toxiproxy-client.mjs"), Path.Combine(folder, "test.mjs"));

            var (exitCode, output, errors) = await RunAsync(folder, "node", ["test.mjs", proxy.Http.BaseAddress!.ToString().TrimEnd('/'), upstream.Address]);

            Assert.True(exitCode == 0, errors);
            var seen = JsonElement.Parse(output);
            Assert.Equal("hello", seen.GetProperty("echo").GetString());
            Assert.InRange(seen.GetProperty("lateMs").GetInt32(), 200, 10_000);
            Assert.Empty((await proxy.Client.ListAsync(Cancellation)).Keys);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task InstallAsync(string folder)
    {
        string reason;
        try
        {
            var (exitCode, _, errors) = await RunAsync(folder, "npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock", Package]);
            if (exitCode == 0)
            {
                return;
            }

            reason = $"npm cannot install {Package}: {errors}";
        }
        catch (Win32Exception e)
        {
            reason = $"npm is not installed: {e.Message}";
        }

        if (Environment.GetEnvironmentVariable("CI") == "true")
        {
            Assert.Fail(reason);
        }

        Assert.Skip(reason);
    }

    private static async Task<(int ExitCode, string Output, string Errors)> RunAsync(string folder, string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(TimeSpan.FromMinutes(2));
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, await output, await errors);
        }
        catch (OperationCanceledException) when (!Cancellation.IsCancellationRequested)
        {
            process.Kill(entireProcessTree: true);
            return (-1, "", "no end after two minutes");
        }
    }
}
