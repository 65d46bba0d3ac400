using System.Text.Json;
using Back2Code.Chaos.Faults;
using Back2Code.Chaos.Faults.Processes;
using static Back2Code.IntegrationTests.Faults.PlatformUnderTest;

namespace Back2Code.IntegrationTests.Faults;

/// <summary>Faults on real child processes.</summary>
public sealed class ProcessFaultTests
{
    // Two levels below, one of them in a session of its own as PostgreSQL's backends are.
    private const string Tree = "setsid sh -c 'sleep 1000 & wait' & sleep 0.2; echo ready; wait";

    [Fact]
    public async Task Kill_ends_the_process_and_says_when_it_was_gone()
    {
        await using var platform = await StartAsync();
        var process = await platform.RunAsync("notes-1");

        var fault = await platform.InjectAsync("process.kill", "notes-1");

        Assert.True(process.IsGone);
        Assert.True(fault.Receipt.Observed);
        Assert.Matches($"^notes-1: pid {process.Pid} was gone [0-9.]+ ms after SIGKILL$", Assert.Single(fault.Receipt.Observations));
        Assert.InRange(fault.Receipt.ObservedAt - fault.Receipt.InjectedAt, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        Assert.Empty(platform.Requests);
    }

    [Fact]
    public async Task Of_two_faults_that_would_change_the_same_thing_at_the_same_time_at_most_one_stands()
    {
        await using var platform = await StartAsync();
        var process = await platform.RunAsync("notes-1");

        var both = ((string[])["process.freeze", "process.stutter"]).Select(type => Task.Run(
            () => platform.InjectAsync(type, "notes-1", null, type == "process.freeze" ? [] : [("stopped", "0.5")]), Cancellation)).ToList();
        await ((Task)Task.WhenAll(both)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        var standing = await Task.WhenAll(both.Where(f => f.IsCompletedSuccessfully));

        Assert.Equal(standing.Length, platform.UndoRecords().Length);
        Assert.InRange(standing.Length, 0, 1);
        Assert.All(both.Where(f => f.IsFaulted), f => Assert.Contains("would change whether notes-1 runs", f.Exception!.InnerException!.Message, StringComparison.Ordinal));
        foreach (var fault in standing)
        {
            await fault.UndoAsync(Cancellation);
        }

        await UntilAsync(() => !process.IsStopped, "notes-1 runs again");
    }

    [Fact]
    public async Task Kill_takes_everything_below_the_process_along()
    {
        await using var platform = await StartAsync();
        var process = await platform.RunAsync("postgres", Tree);
        var below = process.ListDescendants();
        Assert.Equal(2, below.Count);

        var fault = await platform.InjectAsync("process.kill", "postgres");

        Assert.All(below, p => Assert.True(p.IsGone));
        Assert.Contains("with 2 processes below it", Assert.Single(fault.Receipt.Observations), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Kill_with_downFor_holds_before_it_kills_and_releases_when_undone()
    {
        await using var platform = await StartAsync();
        await platform.RunAsync("postgres");

        var fault = await platform.InjectAsync("process.kill", "postgres", null, ("downFor", "6s"));
        string[] requestsAtInjection = [.. platform.Requests];
        string record = await File.ReadAllTextAsync(fault.UndoRecordPath, Cancellation);
        await fault.UndoAsync(Cancellation);

        Assert.Equal(["hold postgres 6"], requestsAtInjection);
        Assert.Equal(["hold postgres 6", "release postgres"], platform.Requests);
        Assert.Equal("release-hold", JsonElement.Parse(record).GetProperty("steps")[0].GetProperty("do").GetString());
        Assert.Empty(platform.UndoRecords());
    }

    [Fact]
    public async Task Terminate_lets_the_process_end_in_its_own_way()
    {
        await using var platform = await StartAsync();
        string mark = Path.GetTempFileName();
        var process = await platform.RunAsync("notes-1", $"trap 'echo bye >{mark}; exit 0' TERM; echo ready; while :; do sleep 0.05; done");

        var fault = await platform.InjectAsync("process.terminate", "notes-1");

        Assert.True(process.IsGone);
        Assert.True(fault.Receipt.Observed);
        Assert.Equal("bye\n", await File.ReadAllTextAsync(mark, Cancellation));
        Assert.Contains("after SIGTERM", Assert.Single(fault.Receipt.Observations), StringComparison.Ordinal);
        File.Delete(mark);
    }

    [Fact]
    public async Task Terminate_asks_postgres_by_the_signal_that_does_not_wait_for_its_clients()
    {
        await using var platform = await StartAsync();
        await platform.RunAsync("postgres", "trap '' TERM; trap 'exit 0' INT; echo ready; while :; do sleep 0.05; done");

        var fault = await platform.InjectAsync("process.terminate", "postgres");

        Assert.True(fault.Receipt.Observed);
        Assert.Contains("after SIGINT", Assert.Single(fault.Receipt.Observations), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Freeze_stops_the_whole_tree_and_undo_lets_it_go_on()
    {
        await using var platform = await StartAsync();
        var process = await platform.RunAsync("postgres", Tree);
        LinuxProcess[] all = [process, .. process.ListDescendants()];

        var fault = await platform.InjectAsync("process.freeze", "postgres", TimeSpan.FromSeconds(5));
        bool[] stopped = [.. all.Select(p => p.IsStopped)];
        var undone = await fault.UndoAsync(Cancellation);

        Assert.All(stopped, Assert.True);
        Assert.True(fault.Receipt.Observed);
        Assert.Matches("and 2 below it stopped \\(state T\\)", Assert.Single(fault.Receipt.Observations));
        await UntilAsync(() => all.All(p => p is { IsStopped: false, IsGone: false }), "everything runs again");
        Assert.Contains("told to go on", undone.Observations[0], StringComparison.Ordinal);

        // Or the supervisor would take it for hung.
        Assert.Equal(["hold postgres 35", "release postgres"], platform.Requests);
        Assert.Empty(platform.UndoRecords());
    }

    [Fact]
    public async Task A_pattern_reaches_every_process_that_matches()
    {
        await using var platform = await StartAsync();
        var first = await platform.RunAsync("notes-1");
        var second = await platform.RunAsync("notes-2");
        var other = await platform.RunAsync("notifications");

        var fault = await platform.InjectAsync("process.kill", "notes-*");

        Assert.True(first.IsGone && second.IsGone && !other.IsGone);
        Assert.Equal(2, fault.Receipt.Observations.Count);
    }

    [Fact]
    public async Task A_process_that_is_not_there_is_refused_with_those_that_are()
    {
        await using var platform = await StartAsync();
        await platform.RunAsync("notes-1");

        var e = await Assert.ThrowsAsync<FaultException>(() => platform.InjectAsync("process.kill", "notes-9"));

        Assert.Equal("No process is called 'notes-9'. There are: notes-1.", e.Message);
        Assert.Empty(platform.UndoRecords());
    }

    [Fact]
    public async Task A_fault_id_that_is_no_file_name_is_refused()
    {
        await using var platform = await StartAsync();
        var process = await platform.RunAsync("notes-1");

        await Assert.ThrowsAsync<FaultException>(() => FaultCatalogue.Find("process.kill").InjectAsync(
            platform.ContextFor("notes-1") with { FaultId = "../escape" }, Cancellation));

        Assert.False(process.IsGone);
    }

    [Fact]
    public async Task A_process_that_does_not_run_is_refused()
    {
        await using var platform = await StartAsync();
        var process = await platform.RunAsync("notes-1");
        process.Send(Signal.Kill);
        await UntilAsync(() => process.IsGone, "killed");

        await Assert.ThrowsAsync<FaultException>(() => platform.InjectAsync("process.kill", "notes-1"));
    }

    [Fact]
    public async Task A_later_process_under_the_same_id_is_never_signalled()
    {
        await using var platform = await StartAsync();
        var process = await platform.RunAsync("notes-1");
        var earlier = process with { StartTicks = process.StartTicks - 1 };

        bool sent = earlier.Send(Signal.Kill);

        Assert.False(sent);
        Assert.True(earlier.IsGone);
        Assert.False(process.IsGone);
    }

    [Fact]
    public async Task A_process_that_ignores_the_signal_is_reported_as_not_observed_only_after_patience()
    {
        await using var platform = await StartAsync();
        await platform.RunAsync("notes-1", "trap '' TERM; echo ready; while :; do sleep 0.05; done");

        var injecting = ProcessExit.InjectAsync(
            FaultCatalogue.Find("process.terminate"), platform.ContextFor("notes-1"), _ => Signal.Terminate, false, TimeSpan.FromMilliseconds(200), Cancellation);

        var receipt = (await injecting).Receipt;
        Assert.False(receipt.Observed);
        Assert.Contains("was still there 0.2 s after SIGTERM", Assert.Single(receipt.Observations), StringComparison.Ordinal);
    }
}
