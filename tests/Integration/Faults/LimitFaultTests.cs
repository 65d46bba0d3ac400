using System.Runtime.Versioning;
using Back2Code.Chaos.Faults;
using Back2Code.Chaos.Faults.Limits;
using Back2Code.Chaos.Faults.Processes;
using static Back2Code.IntegrationTests.Faults.PlatformUnderTest;

namespace Back2Code.IntegrationTests.Faults;

/// <summary>What the kernel gives a running process less of, and gives it back: limits, processors, time, room.</summary>
[SupportedOSPlatform("linux")]
public sealed class LimitFaultTests
{
    private const string WithChild = "sleep 1000 & echo ready; wait";

    [Theory]
    [InlineData("memory.limit", "headroom", "Max address space")]
    [InlineData("files.limit", "headroom", "Max open files")]
    [InlineData("disk.full", "size", "Max file size")]
    public async Task A_limit_falls_for_the_process_and_what_is_below_it_and_is_given_back(string type, string parameter, string name)
    {
        await using var platform = await StartAsync();
        var process = await platform.RunAsync("notes-1", WithChild);
        var child = Assert.Single(process.ListDescendants());
        var limit = ResourceLimit.Find(name);
        ulong before = limit.Read(child)!.Value.Soft;

        var fault = await platform.InjectAsync(type, "notes-1", null, (parameter, "1"));
        ulong during = limit.Read(child)!.Value.Soft;
        await fault.UndoAsync(Cancellation);

        Assert.True(fault.Receipt.Observed, string.Join("; ", fault.Receipt.Observations));
        Assert.True(during < before, $"{during} < {before}");
        Assert.Equal(before, limit.Read(child)!.Value.Soft);
        Assert.Equal(before, limit.Read(process)!.Value.Soft);
    }

    [Fact]
    public async Task A_process_that_may_write_no_further_is_told_so()
    {
        await using var platform = await StartAsync();
        string file = Path.Combine(platform.DataFolderOf("postgres"), "wal");
        var process = await platform.RunAsync("postgres", $"trap '' XFSZ; echo ready; read go < /dev/null; while [ ! -e {file}.go ]; do sleep 0.02; done; head -c 3000000 /dev/zero > {file}; exec sleep 1000");
        var fault = await platform.InjectAsync("disk.full", "postgres", null, ("size", "1"));

        await File.WriteAllTextAsync(file + ".go", "", Cancellation);
        await UntilAsync(() => process.ListDescendants().Count == 0 && File.Exists(file) && new FileInfo(file).Length >= 1 << 20, "head has written what it may");

        Assert.Equal(1 << 20, new FileInfo(file).Length);
        await fault.UndoAsync(Cancellation);
    }

    [Fact]
    public async Task A_pinned_process_has_one_processor_until_it_is_undone()
    {
        Assert.SkipUnless(Environment.ProcessorCount > 1, "There is one processor only.");
        await using var platform = await StartAsync();
        var process = await platform.RunAsync("notes-1", WithChild);
        var child = Assert.Single(process.ListDescendants());
        string? before = child.ReadStatus("Cpus_allowed_list");

        var fault = await platform.InjectAsync("process.pin", "notes-1", null, ("processor", "0"));
        string? during = child.ReadStatus("Cpus_allowed_list");
        await FaultJournal.HealAsync(platform, HealScope.All, Cancellation);

        Assert.True(fault.Receipt.Observed, string.Join("; ", fault.Receipt.Observations));
        Assert.Equal("0", during);
        Assert.Equal(before, child.ReadStatus("Cpus_allowed_list"));
    }

    [Fact]
    public async Task A_low_priority_is_taken_back()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root may raise a priority again.");
        await using var platform = await StartAsync();
        var process = await platform.RunAsync("notes-1", WithChild);

        var fault = await platform.InjectAsync("process.deprioritize", "notes-1", null, ("nice", "19"));
        int? during = LinuxProcess.ReadNice(process.Pid);
        await fault.UndoAsync(Cancellation);

        Assert.True(fault.Receipt.Observed);
        Assert.Equal(19, during);
        Assert.NotEqual(19, LinuxProcess.ReadNice(process.Pid));
    }

    [Fact]
    public async Task What_needs_root_is_refused_to_others_with_what_does_not()
    {
        await using var platform = await StartAsync();
        await platform.RunAsync("notes-1");

        var error = await Assert.ThrowsAsync<FaultException>(
            () => FaultCatalogue.Find("process.deprioritize").InjectAsync(platform.ContextFor("notes-1") with { IsRoot = false }, Cancellation));

        Assert.Equal("process.deprioritize needs root. The nearest that does not: process.stutter.", error.Message);
    }

    [Fact]
    public async Task A_stuttering_process_stands_still_for_its_share_and_goes_on_afterwards()
    {
        await using var platform = await StartAsync();
        var process = await platform.RunAsync("notes-1", "echo ready; while :; do :; done");

        var fault = await platform.InjectAsync("process.stutter", "notes-1", null, ("stopped", "0.8"));
        long ticks = process.ReadProcessorTicks();
        await fault.UndoAsync(Cancellation);

        Assert.True(fault.Receipt.Observed, string.Join("; ", fault.Receipt.Observations));
        await UntilAsync(() => !process.IsStopped && process.ReadProcessorTicks() > ticks, "it goes on");
    }

    [Fact]
    public async Task A_stuttering_process_whose_injector_loses_its_record_goes_on()
    {
        await using var platform = await StartAsync();
        var process = await platform.RunAsync("notes-1");
        await platform.InjectAsync("process.stutter", "notes-1", null, ("stopped", "0.9"));

        await FaultJournal.HealAsync(platform, HealScope.All, Cancellation);

        for (int looks = 0; looks < 50; looks++)
        {
            await UntilAsync(() => !process.IsStopped, "it runs");
        }
    }

    [Fact]
    public async Task Ballast_takes_room_and_gives_it_back_also_without_a_platform()
    {
        await using var platform = await StartAsync();
        await platform.RunAsync("postgres");
        string folder = platform.DataFolderOf("postgres");

        var fault = await platform.InjectAsync("disk.fill", "postgres", null, ("size", "32"));
        long length = new FileInfo(Assert.Single(Directory.GetFiles(folder))).Length;
        var settled = await FaultJournal.SettleAsync(platform, Cancellation);

        Assert.True(fault.Receipt.Observed, string.Join("; ", fault.Receipt.Observations));
        Assert.Equal(32 << 20, length);
        Assert.Contains("deleted", Assert.Single(settled.Healed), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder));
        Assert.Empty(platform.UndoRecords());
    }

    [Fact]
    public async Task More_than_leaves_a_reserve_is_not_taken()
    {
        await using var platform = await StartAsync();
        await platform.RunAsync("postgres");
        platform.DataFolderOf("postgres");

        var error = await Assert.ThrowsAsync<FaultException>(() => platform.InjectAsync("disk.fill", "postgres", null, ("size", "1000000")));

        Assert.Matches("[0-9]+ MiB are free and 1024 stay so; at most [0-9]+ can be taken", error.Message);
        Assert.Empty(platform.UndoRecords());
    }

    [Fact]
    public async Task A_folder_is_closed_and_opened_again_also_without_a_platform()
    {
        await using var platform = await StartAsync();
        await platform.RunAsync("monitoring");
        string folder = platform.DataFolderOf("monitoring");
        var before = File.GetUnixFileMode(folder);

        var fault = await platform.InjectAsync("disk.read-only", "monitoring");
        var during = File.GetUnixFileMode(folder);
        await FaultJournal.SettleAsync(platform, Cancellation);

        Assert.True(fault.Receipt.Observed, string.Join("; ", fault.Receipt.Observations));
        Assert.False(during.HasFlag(UnixFileMode.UserWrite));
        Assert.Equal(before, File.GetUnixFileMode(folder));
    }

    [Fact]
    public async Task A_flooded_log_grows_until_the_fault_is_over()
    {
        await using var platform = await StartAsync();
        await platform.RunAsync("notes-1");
        platform.DataFolderOf("notes-1");
        string log = Path.Combine(Directory.CreateDirectory(Path.Combine(platform.StateDirectory, "logs")).FullName, "notes-1.log");

        var fault = await platform.InjectAsync("disk.log-flood", "notes-1", null, ("rate", "4"));
        var undone = await fault.UndoAsync(Cancellation);
        long length = new FileInfo(log).Length;

        Assert.True(fault.Receipt.Observed, string.Join("; ", fault.Receipt.Observations));
        Assert.Matches("bytes written to its log in all", Assert.Single(undone.Observations));
        Assert.True(length >= 64 << 10);
        Assert.Equal(length, new FileInfo(log).Length);
    }
}
