using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text.Json;
using Back2Code.IntegrationTests.Servers;
using Back2Code.Lab.Supervision;
using Back2Code.Lab.Supervision.Linux;
using Back2Code.Lab.Supervision.State;
using Back2Code.Lab.Topology;

namespace Back2Code.IntegrationTests.Supervision;

[SupportedOSPlatform("linux")]
public sealed class BadDaysTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_crash_loop_ends_the_start_with_the_last_lines_of_the_log()
    {
        await using var small = SmallPlatform.Of(SmallPlatform.Sleeper, """
              crasher: {program: sh, arguments: ['-c', 'echo the disk is on fire; exit 7'], port: 1, ready: {probe: tcp}, restart: {initial: 10ms, cap: 20ms}}

            """);

        var message = await small.StartFailsAsync();

        Assert.Contains("crasher exited with code 7, 5 times in a row", message, StringComparison.Ordinal);
        Assert.Contains("    the disk is on fire", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_must_not_be_restarted_is_not()
    {
        await using var small = SmallPlatform.Of("  once: {program: sh, arguments: ['-c', 'exit 3'], port: 1, ready: {probe: tcp}, restart: {policy: never}}\n");

        var message = await small.StartFailsAsync();

        Assert.Contains("once exited with code 3 and is not to be restarted", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_in_use_is_one_line_with_the_port_and_its_holder()
    {
        await using var small = SmallPlatform.Of(SmallPlatform.Redis);
        var plan = PortCheck.FindFree(TopologyFile.Load(Path.Combine(small.Folder, "topology.yaml")));
        var port = plan.TryPortOf("redis")!.Value;
        using var holder = new TcpListener(IPAddress.Loopback, port);
        holder.Start();

        var message = await small.StartFailsAsync(plan.Base);

        Assert.StartsWith($"Port {port} (for redis) is in use by pid {Environment.ProcessId} (", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public async Task A_datagram_port_in_use_is_noticed_too()
    {
        await using var small = SmallPlatform.Of("  listener: {program: sleep, arguments: [infinity], ports: {log: 5/udp}}\n");
        var plan = PortCheck.FindFree(TopologyFile.Load(Path.Combine(small.Folder, "topology.yaml")));
        using var holder = new UdpClient(new IPEndPoint(IPAddress.Loopback, plan.Base + 5));

        var message = await small.StartFailsAsync(plan.Base);

        Assert.StartsWith($"Port {plan.Base + 5} (for listener log) is in use by pid {Environment.ProcessId} (", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_start_on_the_same_state_says_who_runs_there_and_disturbs_nothing()
    {
        await using var small = SmallPlatform.Of(SmallPlatform.Sleeper);
        await using var first = await small.StartAsync();

        var error = await Assert.ThrowsAsync<LabException>(() => small.StartAsync());

        Assert.Contains($"A platform already runs on {small.State} (pid {Environment.ProcessId}, ", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, (await first.StatusOfAsync("sleeper")).Restarts);
    }

    [Fact]
    public async Task Two_platforms_run_side_by_side()
    {
        await using var one = SmallPlatform.Of(SmallPlatform.Redis);
        await using var two = SmallPlatform.Of(SmallPlatform.Redis);

        await using var first = await one.StartAsync();
        await using var second = await two.StartAsync();

        Assert.NotEqual((await first.StatusOfAsync("redis")).Port, (await second.StatusOfAsync("redis")).Port);
    }

    [Fact]
    public async Task A_missing_program_is_named_with_the_way_to_get_it()
    {
        await using var small = SmallPlatform.Of("  ghost: {program: no-such-server, package: ghost-server}\n  other: {assembly: Back2Code.Nothing}\n");

        var message = await small.StartFailsAsync();

        Assert.StartsWith("Not installed: no-such-server. Install with: sudo apt-get install --no-install-recommends ghost-server", message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(small.State));
    }

    [Fact]
    public async Task A_malformed_topology_is_reported_with_line_and_column()
    {
        await using var small = SmallPlatform.Of("  a: {program: sleep, prot: 5}\n");

        Assert.StartsWith("topology.yaml:3:23: unknown key `prot`", await small.StartFailsAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_placeholder_is_reported_before_anything_starts()
    {
        await using var small = SmallPlatform.Of(SmallPlatform.Sleeper, "  a: {program: sleep, arguments: ['${prot}']}\n");

        Assert.StartsWith("topology.yaml:4:35: ${prot} is unknown to a", await small.StartFailsAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain(small.Messages, m => m.State == ProcessState.Ready);
    }

    [Fact]
    public async Task A_folder_that_holds_something_else_is_not_touched()
    {
        await using var small = SmallPlatform.Of(SmallPlatform.Sleeper);
        Directory.CreateDirectory(small.State);
        var letter = Path.Combine(small.State, "letter.txt");
        File.WriteAllText(letter, "dear");

        Assert.Contains("holds something that is not a platform's state", await small.StartFailsAsync(), StringComparison.Ordinal);
        Assert.Equal([letter], Directory.GetFileSystemEntries(small.State));
    }

    [Fact]
    public async Task A_state_folder_that_is_a_file_is_refused()
    {
        await using var small = SmallPlatform.Of(SmallPlatform.Sleeper);
        File.WriteAllText(small.State, "");

        Assert.Contains($"The state folder {small.State} is a file", await small.StartFailsAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_state_folder_that_cannot_be_written_is_refused()
    {
        await using var small = SmallPlatform.Of(SmallPlatform.Sleeper);
        // Not even root can make a folder there.
        small.State = "/proc/back2code-test";

        var message = await small.StartFailsAsync();

        Assert.StartsWith("The state folder /proc/back2code-test cannot be", message, StringComparison.Ordinal);
        Assert.EndsWith("Choose another with --state DIR.", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_full_disk_is_said_to_be_full()
    {
        Assert.SkipUnless(Posix.IsRoot, "Only root can mount a disk this small.");
        await using var small = SmallPlatform.Of(SmallPlatform.Sleeper);
        Directory.CreateDirectory(small.State);
        using var mount = Process.Start("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", small.State]);
        await mount.WaitForExitAsync(Token);
        Assert.SkipUnless(mount.ExitCode == 0, "This machine does not allow mounts.");
        try
        {
            Assert.Contains("is full: ", await small.StartFailsAsync(), StringComparison.Ordinal);
        }
        finally
        {
            using var unmount = Process.Start("umount", [small.State]);
            await unmount.WaitForExitAsync(CancellationToken.None);
        }
    }

    [Fact]
    public async Task What_dies_on_a_full_disk_comes_back_when_there_is_room_again()
    {
        Assert.SkipUnless(Posix.IsRoot, "Only root can mount a disk this small.");
        await using var small = SmallPlatform.Of(SmallPlatform.Redis, SmallPlatform.Postgres);
        Directory.CreateDirectory(small.State);
        using var mount = Process.Start("mount", ["-t", "tmpfs", "-o", "size=600m,mode=755", "tmpfs", small.State]);
        await mount.WaitForExitAsync(Token);
        Assert.SkipUnless(mount.ExitCode == 0, "This machine does not allow mounts.");
        try
        {
            await using var platform = await small.StartAsync();
            var filler = Path.Combine(small.State, "filler");
            Fill(filler);

            SmallPlatform.Kill(await platform.StatusOfAsync("postgres"));
            SmallPlatform.Kill(await platform.StatusOfAsync("redis"));
            await platform.WaitForAsync("redis", p => p is { State: ProcessState.Ready, Restarts: 1 }, "is restarted, although nobody could write that down");
            // PostgreSQL may find the few blocks that its last life left, or die again and again for the want of them.
            await platform.WaitForAsync("postgres", p => p.Restarts > 0, "is tried again");
            File.Delete(filler);

            await platform.WaitForAsync("postgres", p => p is { State: ProcessState.Ready, Restarts: > 0 }, "is back");
        }
        finally
        {
            using var unmount = Process.Start("umount", [small.State]);
            await unmount.WaitForExitAsync(CancellationToken.None);
        }
    }

    [Theory]
    [InlineData("logs", "logs is a file and should be a folder")]
    [InlineData("data", "data is a file and should be a folder")]
    public async Task A_corrupt_state_folder_is_said_to_be_damaged(string victim, string problem)
    {
        await using var small = SmallPlatform.Of(SmallPlatform.Sleeper);
        await using (await small.StartAsync())
        {
            // Only to have a state folder.
        }

        Directory.Delete(Path.Combine(small.State, victim), recursive: true);
        File.WriteAllText(Path.Combine(small.State, victim), "");

        Assert.Contains($"is damaged: {problem}", await small.StartFailsAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("secrets/postgres-back2code.password", "not the password it was made with")]
    [InlineData("data/postgres/cluster/PG_VERSION", "is not a PostgreSQL cluster")]
    public async Task A_damaged_cluster_is_said_to_be_damaged(string victim, string problem)
    {
        await using var small = SmallPlatform.Of(SmallPlatform.Postgres);
        await using (await small.StartAsync())
        {
            // Only to have a cluster.
        }

        File.Delete(Path.Combine(small.State, victim));

        Assert.Contains(problem, await small.StartFailsAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Records_of_another_lab_that_make_no_sense_are_ignored()
    {
        await using var small = SmallPlatform.Of(SmallPlatform.Sleeper);
        await using (await small.StartAsync())
        {
            // Only to have a state folder.
        }

        File.WriteAllText(Path.Combine(small.State, "processes.json"), "{ half");
        File.WriteAllText(Path.Combine(small.State, "lab.json"), "[]");

        await using var platform = await small.StartAsync();

        Assert.True((await platform.Client.GetStatusAsync(Token)).Ready);
    }

    [Fact]
    public async Task Nothing_outlives_a_lab_that_is_killed_and_the_next_start_is_clean()
    {
        await using var small = SmallPlatform.Of(SmallPlatform.Redis, SmallPlatform.Postgres, SmallPlatform.Sleeper);
        using (var lab = small.StartLabProcess())
        {
            Assert.Equal(lab.Id, (await small.ReadyAsync()).LabPid);
            Assert.True(small.Children().Count >= 3);

            lab.Kill();

            await Eventually.IsTrueAsync(() => small.Children().Count == 0, TimeSpan.FromSeconds(5), "every child is gone");
        }

        using (var client = await LabClient.TryConnectAsync(small.State, Token))
        {
            Assert.Null(client);
        }

        await using var next = await small.StartAsync();
        Assert.All((await next.Client.GetStatusAsync(Token)).Processes, p => Assert.Equal(0, p.Restarts));
    }

    [Theory]
    [InlineData("b2c-run-test")]
    [InlineData("a-long-name-a-long-name-a-long-name-a-long-name-a-long-name-a-long-name-a-long-name-a-long-name")]
    public async Task The_start_after_a_killed_lab_removes_its_sockets_and_none_of_its_data(string name)
    {
        await using var small = SmallPlatform.Of(SmallPlatform.Redis);
        // The first looks like the folder that sockets of the second go to.
        small.State = Path.Combine(small.Folder, name);
        using (var lab = small.StartLabProcess())
        {
            await small.ReadyAsync();
            lab.Kill();
            await Eventually.IsTrueAsync(() => small.Children().Count == 0, TimeSpan.FromSeconds(5), "every child is gone");
        }

        var kept = Path.Combine(small.Paths.DataOf("redis"), "kept");
        File.WriteAllText(kept, "");
        using var record = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(small.State, "lab.json")));
        var sockets = Path.GetDirectoryName(record.RootElement.GetProperty("controlSocket").GetString())!;

        await using (await small.StartAsync())
        {
            Assert.True(File.Exists(kept));
            Assert.True(sockets == small.State || !Directory.Exists(sockets));
        }
    }

    [Fact]
    public async Task A_lab_that_was_killed_this_moment_is_waited_for()
    {
        await using var small = SmallPlatform.Of(SmallPlatform.Sleeper);
        using var lab = small.StartLabProcess();
        await small.ReadyAsync();

        lab.Kill();
        await using var next = await small.StartAsync();

        Assert.Equal(ProcessState.Ready, (await next.StatusOfAsync("sleeper")).State);
        await lab.WaitForExitAsync(Token);
    }

    [Fact]
    public async Task What_a_killed_lab_left_running_is_ended_and_nobody_else()
    {
        await using var small = SmallPlatform.Of(SmallPlatform.Sleeper);
        await using (await small.StartAsync())
        {
            // Only to have a state folder.
        }

        // Three that stand in the folder: one bears our mark, one is a program of the topology, one is somebody's shell.
        var data = small.Paths.DataOf("sleeper");
        using var marked = Start(data, "tail", ["-f", "/dev/null"], mark: small.State);
        using var program = Start(data, "sleep", ["300"], mark: null);
        using var visitor = Start(data, "tail", ["-f", "/dev/null"], mark: null);
        // And one that is recorded under its pid, but with another start time: the pid was given out again.
        using var stranger = Start("/", "tail", ["-f", "/dev/null"], mark: null);
        File.WriteAllText(small.Paths.Root + "/processes.json", JsonSerializer.Serialize(new
        {
            bootId = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim(),
            children = new[] { new { name = "sleeper", pid = stranger.Id, startTime = ProcFs.Stat(stranger.Id)!.StartTime - 5 } },
        }));
        try
        {
            await using var platform = await small.StartAsync();

            await Task.WhenAll(marked.WaitForExitAsync(Token), program.WaitForExitAsync(Token)).WaitAsync(TimeSpan.FromSeconds(5), Token);
            Assert.False(visitor.HasExited);
            Assert.False(stranger.HasExited);
            Assert.Contains("cleaned up after a lab that was killed: ended 2 processes", small.AllMessages, StringComparison.Ordinal);
        }
        finally
        {
            foreach (var process in (Process[])[marked, program, visitor, stranger])
            {
                process.Kill();
                await process.WaitForExitAsync(CancellationToken.None);
            }
        }
    }

    [Theory]
    [InlineData(Signals.Terminate)]
    [InlineData(Signals.Interrupt)]
    [InlineData(1)]
    public async Task A_signal_stops_everything_in_under_ten_seconds(int signal)
    {
        await using var small = SmallPlatform.Of(SmallPlatform.Redis, SmallPlatform.Postgres, SmallPlatform.Sleeper);
        using var lab = small.StartLabProcess();
        // Its own word that it is ready: stopped before, it would be an interrupted start, which ends with 130.
        while (await lab.StandardOutput.ReadLineAsync(Token) is { } line && !line.StartsWith("The platform runs", StringComparison.Ordinal))
        {
        }

        Assert.True(Posix.Signal(lab.Id, ProcFs.Stat(lab.Id)!.StartTime, signal));

        await lab.WaitForExitAsync(Token).WaitAsync(TimeSpan.FromSeconds(10), Token);
        Assert.Equal(0, lab.ExitCode);
        Assert.Empty(small.Children());
        Assert.False(File.Exists(Path.Combine(small.State, "lab.json")));
    }

    [Fact]
    public async Task A_signal_while_it_starts_stops_what_has_started()
    {
        await using var small = SmallPlatform.Of(SmallPlatform.Redis, "  never: {program: sleep, arguments: [infinity], port: 3, ready: {probe: tcp}}\n");
        using var lab = small.StartLabProcess();
        await Eventually.IsTrueAsync(() => small.Children().Count >= 2, TimeSpan.FromSeconds(30), "two children run");

        Assert.True(Posix.Signal(lab.Id, ProcFs.Stat(lab.Id)!.StartTime, Signals.Interrupt));

        await lab.WaitForExitAsync(Token).WaitAsync(TimeSpan.FromSeconds(10), Token);
        Assert.Equal(130, lab.ExitCode);
        Assert.Empty(small.Children());
    }

    [Fact]
    public async Task Down_stops_the_platform_of_another_process()
    {
        await using var small = SmallPlatform.Of(SmallPlatform.Redis);
        using var lab = small.StartLabProcess();
        await small.ReadyAsync();

        Assert.True(await Platform.StopAsync(small.Options(), Token));

        await lab.WaitForExitAsync(Token).WaitAsync(TimeSpan.FromSeconds(5), Token);
        Assert.False(await Platform.StopAsync(small.Options(), Token));
    }

    private static Process Start(string folder, string program, string[] arguments, string? mark)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder };
        if (mark is not null)
        {
            start.Environment["BACK2CODE_LAB"] = mark;
        }

        return Process.Start(start)!;
    }

    /// <summary>Takes all the room there is.</summary>
    private static void Fill(string path)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var block = new byte[1 << 20];
        try
        {
            while (true)
            {
                file.Write(block);
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }
}
