namespace Back2Code.EndToEndTests;

/// <summary>What a person sees and types in a terminal.</summary>
public sealed class TerminalTests
{
    private const string CtrlC = "\u0003";

    [Fact]
    public async Task Up_shows_a_live_table_and_Ctrl_C_stops_everything_in_time()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        using var state = new StateFolder();
        await using var up = RunningCommand.StartInTerminal("up", "--state", state.Path, "--port-base", "auto");

        await up.WaitForTextAsync("MiB in all", TimeSpan.FromSeconds(60), cancellationToken);
        await Eventually.HoldsAsync(() => LastTable(up).Split('\n').Count(line => line.Contains("ready", StringComparison.Ordinal)) >= 13, TimeSpan.FromSeconds(120), () => $"not everything got ready in the table.\n{up}", cancellationToken);
        var table = LastTable(up);
        await up.TypeAsync(CtrlC);
        var exit = await up.WaitAsync(TimeSpan.FromSeconds(10), cancellationToken);

        Assert.All(["process", "state", "pid", "uptime", "restarts", "CPU %", "MiB", "port", "postgres", "notes-2", "monitoring"], word => Assert.Contains(word, table, StringComparison.Ordinal));

        // Redrawn in place, in colours: a terminal is written to, not a file.
        Assert.Contains("\u001b[", up.Output, StringComparison.Ordinal);
        Assert.Equal(0, exit);
        await state.AssertNothingIsLeftAsync(cancellationToken);
    }

    [Fact]
    public async Task Ctrl_C_while_the_platform_starts_ends_with_130_and_leaves_nothing()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        using var state = new StateFolder();
        await using var up = RunningCommand.StartInTerminal("up", "--state", state.Path, "--port-base", "auto");
        await up.WaitForTextAsync("starting", TimeSpan.FromSeconds(60), cancellationToken);

        await up.TypeAsync(CtrlC);
        var exit = await up.WaitAsync(TimeSpan.FromSeconds(10), cancellationToken);

        Assert.Equal(130, exit);
        await state.AssertNothingIsLeftAsync(cancellationToken);
    }

    [Fact]
    public async Task Ctrl_C_in_the_middle_of_a_drill_undoes_it_and_ends_with_130()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        using var state = new StateFolder();
        using var reports = new TemporaryFolder();
        await using var drill = RunningCommand.StartInTerminal("drill", "run", "redis-outage", "--state", state.Path, "--port-base", "auto", "--report", reports.Path);

        // The receipt. Marks and names of phases have colours between them here.
        await drill.WaitForTextAsync("was gone", TimeSpan.FromSeconds(150), cancellationToken);

        await drill.TypeAsync(CtrlC);
        var exit = await drill.WaitAsync(TimeSpan.FromSeconds(60), cancellationToken);

        Assert.Equal(130, exit);
        Assert.Contains("interrupted: undoing, rolling back", drill.Output, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(reports.Path, "summary.json")));
        await state.AssertNothingIsLeftAsync(cancellationToken);
    }

    /// <summary>From the last upper edge on.</summary>
    private static string LastTable(RunningCommand command) => command.Output[Math.Max(0, command.Output.LastIndexOf('╭'))..];
}
