using System.Diagnostics;
using System.Text.Json;
using Back2Code.IntegrationTests.Servers;
using Back2Code.IntegrationTests.Services;

namespace Back2Code.IntegrationTests.Audit;

/// <summary>The command line as a person uses it, against a real identity service.</summary>
public sealed class AuditCommandTests(SharedServers servers)
{
    [Fact]
    public async Task The_trail_is_listed_verified_and_exported()
    {
        await using var identity = await IdentityWithAudit.StartAsync(servers);
        await identity.AppendAsync(count: 3);
        await identity.CheckpointAsync();
        string folder = Directory.CreateTempSubdirectory("b2c-audit-").FullName;
        string file = Path.Combine(folder, "audit.jsonl");

        var (listed, list, _) = await RunAsync(identity, "list", "--subject", "ada");
        var (verified, verdict, _) = await RunAsync(identity, "verify");
        var (exported, _, _) = await RunAsync(identity, "export", "--out", file);
        string[] lines = await File.ReadAllLinesAsync(file, TestContext.Current.CancellationToken);
        Directory.Delete(folder, recursive: true);

        Assert.Equal((0, 0, 0), (listed, verified, exported));
        Assert.Contains("user.role-changed", list, StringComparison.Ordinal);
        Assert.Contains("intact: 3 records, 1 checkpoints, signed up to 3", verdict, StringComparison.Ordinal);
        Assert.Equal(3, lines.Length);
        Assert.Contains(JsonDocument.Parse(lines[^1]).RootElement.GetProperty("hash").GetString()!, verdict, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broken_trail_ends_the_command_with_1_and_the_row()
    {
        await using var identity = await IdentityWithAudit.StartAsync(servers);
        await identity.AppendAsync(count: 3);
        await identity.Database.TamperAsync("UPDATE audit_records SET subject = 'eve' WHERE sequence = 2");

        var (code, said, _) = await RunAsync(identity, "verify");

        Assert.Equal(1, code);
        Assert.Contains("broken at row 2: altered", said, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(IdentityWithAudit identity, params string[] arguments)
    {
        using var client = identity.Anonymous();
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "back2code.dll"), "audit", .. arguments, "--url", client.BaseAddress!.ToString()])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["BACK2CODE_TOKEN"] = TestIdentity.TokenFor("auditor");
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output, await error);
    }
}
