using System.Diagnostics;

namespace Back2Code.IntegrationTests.Supervision;

/// <summary>What a killed platform left is undone by the next command of any kind, be it one that has nothing to do with a platform.</summary>
public sealed class NextCommandTests : IDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("b2c-next-").FullName;

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [Theory]
    [InlineData("fault show link.latency")]
    [InlineData("fault list --family dns")]
    [InlineData("experiment validate nothing.yaml")]
    [InlineData("slo validate .")]
    [InlineData("drill list")]
    [InlineData("status")]
    [InlineData("incident list")]
    [InlineData("audit list")]
    public async Task Whatever_the_command_it_heals_the_default_state_folder_first(string command)
    {
        var left = Leave(Path.Combine(_home, ".back2code"));

        string errors = await RunAsync(command);

        Assert.Contains("healed what a platform left that was killed: disk.fill on postgres", errors, StringComparison.Ordinal);
        Assert.Equal((false, false), (File.Exists(left.Ballast), File.Exists(left.Record)));
    }

    [Fact]
    public async Task A_folder_that_the_command_names_goes_before_the_default_one()
    {
        var named = Leave(Path.Combine(_home, "named"));
        var other = Leave(Path.Combine(_home, ".back2code"));

        await RunAsync($"status --state {Path.Combine(_home, "named")}");

        Assert.Equal((false, true), (File.Exists(named.Ballast), File.Exists(other.Ballast)));
    }

    [Fact]
    public async Task A_folder_whose_lab_lives_is_left_to_it()
    {
        var left = Leave(Path.Combine(_home, ".back2code"));
        await using var lab = new FileStream(Path.Combine(_home, ".back2code", "lab.lock"), FileMode.Open, FileAccess.ReadWrite, FileShare.None);

        string errors = await RunAsync("fault show link.latency");

        Assert.Equal((true, true, ""), (File.Exists(left.Ballast), File.Exists(left.Record), errors));
    }

    /// <summary>As a lab leaves it that was killed while a ballast file stood.</summary>
    private static (string Ballast, string Record) Leave(string state)
    {
        string data = Directory.CreateDirectory(Path.Combine(state, "data", "postgres")).FullName;
        string ballast = Path.Combine(data, "back2code-ballast-left"), record = Path.Combine(Directory.CreateDirectory(Path.Combine(state, "faults")).FullName, "left.json");
        File.WriteAllText(Path.Combine(state, "lab.lock"), "");
        File.WriteAllText(ballast, "ballast");
        File.WriteAllText(record, """
            {"faultId": "left", "type": "disk.fill", "target": "postgres", "parameters": {"size": "1"}, "writtenAt": "2026-01-01T00:00:00Z", "expiresAt": "2026-01-01T00:00:00Z",
             "ownerPid": 1, "ownerStartTicks": 1, "bootId": "another", "heldUp": false, "steps": [{"do": "delete-ballast", "file": "data/postgres/back2code-ballast-left"}]}
            """);
        return (ballast, record);
    }

    private async Task<string> RunAsync(string command)
    {
        File.WriteAllText(Path.Combine(_home, "topology.yaml"), "");
        var start = new ProcessStartInfo(Environment.ProcessPath is { } dotnet && Path.GetFileName(dotnet) == "dotnet" ? dotnet : "dotnet", [Path.Combine(AppContext.BaseDirectory, "back2code.dll"), .. command.Split(' ')])
        {
            WorkingDirectory = _home,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["BACK2CODE_HOME"] = _home;
        using var process = Process.Start(start)!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        var output = process.StandardOutput.ReadToEndAsync(limit.Token);
        string errors = await process.StandardError.ReadToEndAsync(limit.Token);
        await output;
        await process.WaitForExitAsync(limit.Token);
        return errors;
    }
}
