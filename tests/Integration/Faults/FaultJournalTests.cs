using Back2Code.Chaos.Faults;
using Back2Code.Chaos.Faults.Processes;
using Back2Code.IntegrationTests.Proxy;
using static Back2Code.IntegrationTests.Faults.PlatformUnderTest;

namespace Back2Code.IntegrationTests.Faults;

/// <summary>What heals a platform after the process that broke it is gone.</summary>
public sealed class FaultJournalTests
{
    [Fact]
    public async Task Healing_undoes_every_kind_of_fault()
    {
        await using var upstream = new Upstream();
        await using var platform = await StartAsync();
        var frozen = await platform.RunAsync("notes-1");
        await platform.RunAsync("postgres");
        await platform.LinkAsync("a-to-b", upstream);
        await platform.LinkAsync("a-to-c", upstream);
        await platform.InjectAsync("process.freeze", "notes-1");
        await platform.InjectAsync("process.kill", "postgres", null, ("downFor", "1m"));
        await platform.InjectAsync("link.timeout", "a-to-b");
        await platform.InjectAsync("link.down", "a-to-c");
        Assert.Equal(4, platform.UndoRecords().Length);

        var result = await FaultJournal.HealAsync(platform, HealScope.All, Cancellation);

        Assert.Equal(4, result.Healed.Count);
        Assert.Empty(result.Failed);
        Assert.Empty(platform.UndoRecords());
        await UntilAsync(() => !frozen.IsStopped, "notes-1 runs again");
        Assert.Contains("release postgres", platform.Requests);
        var links = await platform.Toxiproxy.ListAsync(Cancellation);
        Assert.All(links.Values, l => Assert.True(l.Enabled && l.Toxics.Count == 0));
    }

    [Fact]
    public async Task Healing_beside_a_running_drill_leaves_its_faults_alone()
    {
        await using var upstream = new Upstream();
        await using var platform = await StartAsync();
        await platform.LinkAsync("a-to-b", upstream);
        await platform.InjectAsync("link.down", "a-to-b");

        var result = await FaultJournal.HealAsync(platform, HealScope.Abandoned, Cancellation);

        Assert.Empty(result.Healed);
        Assert.Single(platform.UndoRecords());
    }

    [Fact]
    public async Task A_fault_is_abandoned_when_its_lease_has_expired()
    {
        var time = new ShiftedTime();
        await using var upstream = new Upstream();
        await using var platform = await StartAsync();
        await platform.LinkAsync("a-to-b", upstream);
        var fault = await platform.InjectAsync("link.down", "a-to-b", TimeSpan.FromSeconds(12));

        time.Shift = fault.LeaseExpiresAt - TimeProvider.System.GetUtcNow() - TimeSpan.FromSeconds(5);
        var early = await FaultJournal.HealAsync(new Later(platform, time), HealScope.Abandoned, Cancellation);
        time.Shift += TimeSpan.FromSeconds(6);
        var late = await FaultJournal.HealAsync(new Later(platform, time), HealScope.Abandoned, Cancellation);

        Assert.Empty(early.Healed);
        Assert.Single(late.Healed);
        Assert.InRange(fault.LeaseExpiresAt - fault.Receipt.InjectedAt, TimeSpan.FromSeconds(12), TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task A_fault_is_abandoned_when_its_injector_is_dead()
    {
        await using var upstream = new Upstream();
        await using var platform = await StartAsync();
        await platform.LinkAsync("a-to-b", upstream);
        var fault = await platform.InjectAsync("link.down", "a-to-b");
        string record = await File.ReadAllTextAsync(fault.UndoRecordPath, Cancellation);
        var me = LinuxProcess.Find(Environment.ProcessId)!;
        await File.WriteAllTextAsync(
            fault.UndoRecordPath,
            record.Replace($"\"ownerStartTicks\": {me.StartTicks}", $"\"ownerStartTicks\": {me.StartTicks - 1}", StringComparison.Ordinal),
            Cancellation);

        var result = await FaultJournal.HealAsync(platform, HealScope.Abandoned, Cancellation);

        Assert.Single(result.Healed);
    }

    [Fact]
    public async Task A_record_that_cannot_be_undone_now_stays_and_does_not_stop_the_others()
    {
        await using var upstream = new Upstream();
        await using var platform = await StartAsync();
        var frozen = await platform.RunAsync("notes-1");
        await platform.LinkAsync("a-to-b", upstream);
        var down = await platform.InjectAsync("link.down", "a-to-b");
        await platform.InjectAsync("process.freeze", "notes-1");

        await platform.Proxy.StopServerAsync();
        var result = await FaultJournal.HealAsync(platform, HealScope.All, Cancellation);

        Assert.Contains("process.freeze on notes-1", Assert.Single(result.Healed), StringComparison.Ordinal);
        Assert.Contains("its undo record stays", Assert.Single(result.Failed), StringComparison.OrdinalIgnoreCase);
        Assert.Equal([down.UndoRecordPath], platform.UndoRecords());
        await UntilAsync(() => !frozen.IsStopped, "notes-1 runs again");
    }

    [Fact]
    public async Task A_record_that_cannot_be_read_is_reported_and_kept()
    {
        await using var platform = await StartAsync();
        Directory.CreateDirectory(platform.FaultsDirectory);
        string path = Path.Combine(platform.FaultsDirectory, "broken.json");
        await File.WriteAllTextAsync(path, "{", Cancellation);

        var result = await FaultJournal.HealAsync(platform, HealScope.All, Cancellation);

        Assert.StartsWith("broken.json: ", Assert.Single(result.Failed), StringComparison.Ordinal);
        Assert.True(File.Exists(path));
    }

    [Fact]
    public async Task Healing_after_the_proxy_and_the_process_are_gone_and_new_finds_its_work_done()
    {
        await using var upstream = new Upstream();
        await using var platform = await StartAsync();
        var frozen = await platform.RunAsync("notes-1");
        await platform.LinkAsync("a-to-b", upstream);
        await platform.InjectAsync("process.freeze", "notes-1");
        await platform.InjectAsync("link.latency", "a-to-b", null, ("latency", "10ms"));
        frozen.Send(Signal.Kill);
        await platform.Toxiproxy.DeleteAsync("a-to-b", Cancellation);
        await UntilAsync(() => frozen.IsGone, "killed");

        var result = await FaultJournal.HealAsync(platform, HealScope.All, Cancellation);

        Assert.Equal(2, result.Healed.Count);
        Assert.Empty(result.Failed);
    }

    [Fact]
    public async Task The_undo_record_is_there_before_the_fault_acts()
    {
        await using var platform = await StartAsync();
        await platform.RunAsync("notes-1");
        int recordsAtHold = -1;
        var watching = new Later(platform, TimeProvider.System)
        {
            OnHoldAsync = () =>
            {
                recordsAtHold = platform.UndoRecords().Length;
                return Task.CompletedTask;
            },
        };

        await FaultCatalogue.Find("process.kill").InjectAsync(platform.ContextFor("notes-1", null, ("downFor", "1s")) with { Platform = watching }, Cancellation);

        Assert.Equal(1, recordsAtHold);
    }

    [Fact]
    public async Task The_lease_runs_from_the_end_of_an_act_however_long_that_took()
    {
        var time = new ShiftedTime();
        await using var platform = await StartAsync();
        await platform.RunAsync("notes-1");
        HealResult? swept = null;
        Later slow = null!;
        slow = new Later(platform, time)
        {
            OnHoldAsync = async () =>
            {
                time.Shift += TimeSpan.FromMinutes(2);
                swept = await FaultJournal.HealAsync(slow, HealScope.Abandoned, Cancellation);
            },
        };

        var fault = await FaultCatalogue.Find("process.freeze").InjectAsync(platform.ContextFor("notes-1", TimeSpan.FromSeconds(10)) with { Platform = slow }, Cancellation);
        var left = fault.LeaseExpiresAt - time.GetUtcNow();
        await fault.UndoAsync(Cancellation);

        Assert.Empty(swept!.Healed);
        Assert.InRange(left, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(60));
    }

    private sealed class ShiftedTime : TimeProvider
    {
        public TimeSpan Shift { get; set; }

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Shift;
    }

    /// <summary>The same platform at another time.</summary>
    private sealed class Later(PlatformUnderTest platform, TimeProvider time) : IFaultTarget
    {
        public Func<Task> OnHoldAsync { get; init; } = () => Task.CompletedTask;

        public string FaultsDirectory => platform.FaultsDirectory;

        public Chaos.Proxy.ToxiproxyClient Toxiproxy => platform.Toxiproxy;

        public TimeProvider Time => time;

        public Task<IReadOnlyList<TargetProcess>> ListProcessesAsync(CancellationToken cancellationToken) => platform.ListProcessesAsync(cancellationToken);

        public async Task HoldAsync(string process, TimeSpan lease, CancellationToken cancellationToken)
        {
            await OnHoldAsync();
            await platform.HoldAsync(process, lease, cancellationToken);
        }

        public Task ReleaseAsync(string process, CancellationToken cancellationToken) => platform.ReleaseAsync(process, cancellationToken);
    }
}
