using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Back2Code.EndToEndTests;

/// <summary>What a user sees on a bad day: one clear message, a clean machine, nothing lost.</summary>
public sealed class BadDayTests
{
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task An_unknown_drill_is_refused_with_the_names_of_the_known_ones()
    {
        await using var drill = RunningCommand.Start("drill", "run", "postgres-crush");
        var exit = await drill.WaitAsync(Short, TestContext.Current.CancellationToken);

        Assert.Equal(2, exit);
        Assert.Contains("postgres-crash", drill.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_malformed_drill_is_refused_with_line_and_column()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "broken.yaml");
        await File.WriteAllTextAsync(file, "title: broken\ndescription: has a tab\nmethod:\n\t- type: action\n", TestContext.Current.CancellationToken);

        await using var drill = RunningCommand.Start("drill", "run", file);
        var exit = await drill.WaitAsync(Short, TestContext.Current.CancellationToken);

        Assert.Equal(2, exit);
        Assert.Contains("broken.yaml:4:", drill.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_in_use_is_named_together_with_its_holder()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        using var state = new StateFolder();
        using var holder = new TcpListener(IPAddress.Loopback, 0);
        holder.Start();
        var port = ((IPEndPoint)holder.LocalEndpoint).Port;

        // The gateway stands at offset 80 of the port base.
        await using var up = RunningCommand.Start("up", "--state", state.Path, "--port-base", (port - 80).ToString(System.Globalization.CultureInfo.InvariantCulture));
        var exit = await up.WaitAsync(TimeSpan.FromSeconds(60), cancellationToken);

        Assert.NotEqual(0, exit);
        Assert.Contains(up.Errors.Split('\n'), line => line.Contains($"{port}", StringComparison.Ordinal) && line.Contains($"{Environment.ProcessId}", StringComparison.Ordinal));
        await state.AssertNothingIsLeftAsync(cancellationToken);
    }

    [Fact]
    public async Task A_state_folder_that_cannot_be_made_is_named()
    {
        using var folder = new TemporaryFolder();
        var blocker = Path.Combine(folder.Path, "file");
        await File.WriteAllTextAsync(blocker, "in the way", TestContext.Current.CancellationToken);

        await using var up = RunningCommand.Start("up", "--state", Path.Combine(blocker, "state"), "--port-base", "auto");
        var exit = await up.WaitAsync(Short, TestContext.Current.CancellationToken);

        Assert.NotEqual(0, exit);
        Assert.Contains(blocker, up.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sigkill_of_the_lab_in_the_middle_of_a_drill_leaves_nothing_and_the_next_start_is_clean()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        using var state = new StateFolder();
        using var reports = new TemporaryFolder();
        await using (var drill = RunningCommand.Start(
            "drill", "run", "postgres-crash", "--state", state.Path, "--port-base", "auto", "--report", reports.Path))
        {
            await drill.WaitForTextAsync("detect", TimeSpan.FromSeconds(120), cancellationToken);

            drill.Signal(PosixSignalNumber.Kill);
            await drill.WaitAsync(Short, cancellationToken);
        }

        await state.AssertNothingIsLeftAsync(cancellationToken);

        await using var again = RunningCommand.Start("up", "--detach", "--state", state.Path, "--port-base", "auto");
        Assert.Equal(0, await again.WaitAsync(TimeSpan.FromSeconds(120), cancellationToken));
        await using var down = RunningCommand.Start("down", "--state", state.Path);
        Assert.Equal(0, await down.WaitAsync(Short, cancellationToken));
        await state.AssertNothingIsLeftAsync(cancellationToken);
    }

    [Fact]
    public async Task A_disk_that_fills_up_in_the_middle_of_a_drill_is_named_and_nothing_acknowledged_is_lost()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can mount a disk this small.");
        using var state = new StateFolder();
        using var reports = new TemporaryFolder();
        Directory.CreateDirectory(state.Path);
        Assert.SkipUnless(await SmallDisk.TryMountAsync(state.Path, "700m", cancellationToken), "This machine does not allow mounts.");
        try
        {
            await using var up = RunningCommand.Start("up", "--detach", "--state", state.Path, "--port-base", "auto");
            Assert.Equal(0, await up.WaitAsync(TimeSpan.FromSeconds(120), cancellationToken));
            await using var drill = RunningCommand.Start("drill", "run", "postgres-crash", "--state", state.Path, "--report", reports.Path);
            await drill.WaitForTextAsync("✓ inject", TimeSpan.FromSeconds(120), cancellationToken);
            var filler = Path.Combine(state.Path, "filler");
            SmallDisk.Fill(filler);

            // PostgreSQL cannot start without room, so the steady state does not return; that it is the disk is said first.
            Assert.Equal(5, await drill.WaitAsync(TimeSpan.FromSeconds(180), cancellationToken));
            Assert.Contains($"the disk of the state folder {state.Path} is full", drill.Output, StringComparison.Ordinal);
            using var summary = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(reports.Path, "summary.json"), cancellationToken));

            // Without PostgreSQL there is nobody to ask for what was acknowledged, and what was not looked at is not called lost.
            Assert.Equal(JsonValueKind.Null, summary.RootElement.GetProperty("ledger").ValueKind);
            Assert.Empty(Directory.GetFiles(Path.Combine(state.Path, "faults")));

            // With room again the platform comes back by itself, and every acknowledged write is there.
            File.Delete(filler);
            await VerifyAsync(state.Path, Path.Combine(reports.Path, "ledger.jsonl"), cancellationToken);
            await using var down = RunningCommand.Start("down", "--state", state.Path);
            Assert.Equal(0, await down.WaitAsync(Short, cancellationToken));
            await state.AssertNothingIsLeftAsync(cancellationToken);
        }
        finally
        {
            await StopAndUnmountAsync(state.Path);
        }
    }

    private static async Task StopAndUnmountAsync(string state)
    {
        try
        {
            await using var down = RunningCommand.Start("down", "--state", state);
            await down.WaitAsync(Short, CancellationToken.None);
        }
        finally
        {
            await SmallDisk.UnmountAsync(state);
        }
    }

    /// <summary>What a user does with a ledger that could not be read: asks again.</summary>
    private static async Task VerifyAsync(string state, string ledger, CancellationToken cancellationToken)
    {
        await using var status = RunningCommand.Start("status", "--json", "--state", state);
        await status.WaitAsync(Short, cancellationToken);
        using var document = JsonDocument.Parse(status.Output);
        var gateway = document.RootElement.GetProperty("endpoints").GetProperty("gateway").GetString()!;
        var users = File.ReadLines(ledger).Select(line => JsonDocument.Parse(line).RootElement).Where(e => e.TryGetProperty("user", out _)).Select(e => e.GetProperty("user").GetString()!).Distinct().ToList();
        var tokens = new Dictionary<string, string>();
        foreach (var user in users)
        {
            await using var token = RunningCommand.Start("token", "--user", user, "--lab-key", "--state", state);
            await token.WaitAsync(Short, cancellationToken);
            tokens[user] = token.Output.Trim();
        }

        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "tokens.json");
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(tokens), cancellationToken);
        await using var verify = RunningCommand.Start("traffic", "verify", "--ledger", ledger, "--target", gateway, "--tokens", file, "--deadline", "60s");
        var exit = await verify.WaitAsync(TimeSpan.FromSeconds(150), cancellationToken);
        Assert.True(exit == 0, $"verify ended with {exit}.\n{verify}\n{(exit == 0 ? "" : await WhatHasHappenedAsync(state, cancellationToken))}");
    }

    /// <summary>What a person would look at next, for the one who reads a failure and has no platform any more.</summary>
    private static async Task<string> WhatHasHappenedAsync(string state, CancellationToken cancellationToken)
    {
        await using var status = RunningCommand.Start("status", "--state", state);
        await status.WaitAsync(Short, cancellationToken);
        var said = new StringBuilder(status.Output);
        foreach (var process in (string[])["postgres", "notes-1", "gateway"])
        {
            await using var logs = RunningCommand.Start("logs", process, "--lines", "30", "--state", state);
            await logs.WaitAsync(Short, cancellationToken);
            said.AppendLine().AppendLine(process).Append(logs.Output);
        }

        return said.ToString();
    }

    [Fact]
    public async Task Interrupt_while_the_platform_starts_stops_all_of_it_in_time()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        using var state = new StateFolder();
        await using var up = RunningCommand.Start("up", "--state", state.Path, "--port-base", "auto");
        await up.WaitForTextAsync("postgres", TimeSpan.FromSeconds(60), cancellationToken);

        up.Signal(PosixSignalNumber.Interrupt);
        var exit = await up.WaitAsync(TimeSpan.FromSeconds(10), cancellationToken);

        Assert.Equal(130, exit);
        await state.AssertNothingIsLeftAsync(cancellationToken);
    }
}
