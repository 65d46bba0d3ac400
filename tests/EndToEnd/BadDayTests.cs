using System.Net;
using System.Net.Sockets;

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
