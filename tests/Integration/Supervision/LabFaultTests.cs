using System.Diagnostics;
using System.Runtime.Versioning;
using Back2Code.Chaos.Faults;
using Back2Code.IntegrationTests.Servers;
using Back2Code.Lab.Supervision;
using Back2Code.Lab.Supervision.Faults;
using Back2Code.Lab.Supervision.Linux;

namespace Back2Code.IntegrationTests.Supervision;

/// <summary>The lab as owner of faults, as sweeper of abandoned ones, and what is left when it dies.</summary>
[SupportedOSPlatform("linux")]
public sealed class LabFaultTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_fault_of_the_labs_ends_by_itself_when_its_time_is_over()
    {
        await using var small = SmallPlatform.Of(SmallPlatform.Redis);
        var platform = await small.StartAsync();

        var answer = await platform.Client.InjectAsync(Order("process.freeze", "redis", "1s"), Cancellation);

        Assert.True(answer.Receipt.Observed);
        Assert.Single(await StandingAsync(small));
        await Eventually.IsTrueAsync(async () => (await StandingAsync(small)).Count == 0, Soon, "the fault is over");
        Assert.InRange(TimeProvider.System.GetUtcNow() - answer.Receipt.InjectedAt, TimeSpan.FromSeconds(1), Soon);
        await Eventually.IsTrueAsync(async () => (await platform.Client.GetStatusAsync(Cancellation)).Ready, Soon, "redis answers");
    }

    [Fact]
    public async Task A_fault_is_removed_by_its_id_and_only_once()
    {
        await using var small = SmallPlatform.Of(SmallPlatform.Redis);
        var platform = await small.StartAsync();
        var answer = await platform.Client.InjectAsync(Order("process.kill", "redis", null, ("downFor", "5m")), Cancellation);

        var first = await platform.Client.RemoveFaultAsync(answer.Receipt.FaultId, Cancellation);
        var second = await platform.Client.RemoveFaultAsync(answer.Receipt.FaultId, Cancellation);

        Assert.Equal(["redis: may start again"], first!);
        Assert.Null(second);
        await platform.Client.WaitUntilReadyAsync(Soon, null, Cancellation);
    }

    [Fact]
    public async Task What_cannot_be_injected_is_refused_in_words_and_nothing_stands()
    {
        await using var small = SmallPlatform.Of(SmallPlatform.Redis);
        var platform = await small.StartAsync();

        var error = await Assert.ThrowsAsync<FaultException>(() => platform.Client.InjectAsync(Order("process.freeze", "rediss", null), Cancellation));

        Assert.Equal("No process is called 'rediss'. There are: redis.", error.Message);
        Assert.Empty(await StandingAsync(small));
    }

    [Fact]
    public async Task A_crash_loop_is_seen_twice_and_ends_with_the_fault()
    {
        await using var small = SmallPlatform.Of(SmallPlatform.Redis);
        var platform = await small.StartAsync();

        var answer = await platform.Client.InjectAsync(Order("process.crash-loop", "redis", "5m"), Cancellation);
        await platform.Client.RemoveFaultAsync(answer.Receipt.FaultId, Cancellation);

        Assert.True(answer.Receipt.Observed, string.Join("; ", answer.Receipt.Observations));
        await platform.Client.WaitUntilReadyAsync(Soon, null, Cancellation);
    }

    [Fact]
    public async Task A_port_that_somebody_has_taken_keeps_its_process_down_until_the_fault_is_over()
    {
        await using var small = SmallPlatform.Of(SmallPlatform.Redis);
        var platform = await small.StartAsync();

        var answer = await platform.Client.InjectAsync(Order("process.port-taken", "redis", "5m"), Cancellation);
        await platform.Client.RemoveFaultAsync(answer.Receipt.FaultId, Cancellation);

        Assert.True(answer.Receipt.Observed, string.Join("; ", answer.Receipt.Observations));
        await platform.Client.WaitUntilReadyAsync(Soon, null, Cancellation);
    }

    [Theory]
    [InlineData("cpu.burn", "threads", "1")]
    [InlineData("memory.hog", "size", "32")]
    [InlineData("disk.io-load", "rate", "40")]
    public async Task A_worker_loads_the_machine_and_is_gone_with_the_fault(string type, string parameter, string value)
    {
        await using var small = SmallPlatform.Of(SmallPlatform.Sleeper);
        var platform = await small.StartAsync();

        var answer = await platform.Client.InjectAsync(Order(type, "host", "5m", (parameter, value)), Cancellation);
        var during = await platform.Client.ListWorkersAsync(Cancellation);
        await platform.Client.RemoveFaultAsync(answer.Receipt.FaultId, Cancellation);

        Assert.True(answer.Receipt.Observed, string.Join("; ", answer.Receipt.Observations));
        Assert.Single(during);
        Assert.Empty(await platform.Client.ListWorkersAsync(Cancellation));
        Assert.DoesNotContain(small.Children(), pid => ProcFs.CommandLine(pid)?.Contains("worker", StringComparison.Ordinal) == true);
        Assert.Empty(Directory.GetFiles(small.Paths.DataOf("workers")));
    }

    [Fact]
    public async Task A_fault_whose_injector_is_killed_is_undone_by_the_lab()
    {
        await using var small = SmallPlatform.Of(SmallPlatform.Redis);
        var platform = await small.StartAsync();
        using var injector = Cli(small, "fault", "add", "process.freeze", "--target", "redis", "--for", "10m", "--wait");
        await Eventually.IsTrueAsync(async () => (await StandingAsync(small)).Count == 1, Soon, "the fault stands");

        injector.Kill();
        await injector.WaitForExitAsync(Cancellation);

        await Eventually.IsTrueAsync(async () => (await StandingAsync(small)).Count == 0, Soon, "the lab has undone it");
        var report = await Healing.HealAsync(small.State, Cancellation);
        Assert.True(report.NothingIsLeft, string.Join("; ", report.Left));
    }

    [Fact]
    public async Task An_injector_that_waits_ends_when_somebody_else_ends_its_fault()
    {
        await using var small = SmallPlatform.Of(SmallPlatform.Redis);
        var platform = await small.StartAsync();
        using var injector = Cli(small, "fault", "add", "process.freeze", "--target", "redis", "--for", "10m", "--wait");
        Assert.Contains("was seen", await injector.StandardOutput.ReadLineAsync(Cancellation), StringComparison.Ordinal);

        await platform.Client.RemoveFaultAsync(Assert.Single(await StandingAsync(small)).FaultId, Cancellation);
        string said = await injector.StandardOutput.ReadToEndAsync(Cancellation);

        await injector.WaitForExitAsync(Cancellation).WaitAsync(Soon, Cancellation);
        Assert.Equal(0, injector.ExitCode);
        Assert.Contains("undone: was undone by somebody else", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_outlives_a_lab_that_was_killed_is_healed_by_the_next_command_whatever_it_is()
    {
        await using var small = SmallPlatform.Of(SmallPlatform.Redis);
        using var lab = small.StartLabProcess();
        await small.ReadyAsync();
        string data = small.Paths.DataOf("redis");
        var mode = File.GetUnixFileMode(data);
        using (var client = await LabClient.TryConnectAsync(small.State, Cancellation))
        {
            await client!.InjectAsync(Order("disk.read-only", "redis", "10m"), Cancellation);
            await client.InjectAsync(Order("process.freeze", "redis", "10m"), Cancellation);
        }

        lab.Kill();
        await lab.WaitForExitAsync(Cancellation);
        Assert.NotEqual(mode, File.GetUnixFileMode(data));
        using var status = Cli(small, "status");
        string said = await status.StandardError.ReadToEndAsync(Cancellation);
        await status.WaitForExitAsync(Cancellation);

        Assert.Equal(3, status.ExitCode);
        Assert.Contains("healed what a platform left that was killed: disk.read-only on redis: data/redis/./: has mode", said, StringComparison.Ordinal);
        Assert.Contains("process.freeze on redis: gone with the platform", said, StringComparison.Ordinal);
        Assert.Equal(mode, File.GetUnixFileMode(data));
        Assert.Empty(Directory.GetFiles(small.Paths.Faults));
    }

    [Fact]
    public async Task Nothing_stands_after_the_lab_was_stopped()
    {
        await using var small = SmallPlatform.Of(SmallPlatform.Redis);
        var platform = await small.StartAsync();
        await platform.Client.InjectAsync(Order("disk.fill", "redis", "10m", ("size", "16")), Cancellation);
        await platform.Client.InjectAsync(Order("process.freeze", "redis", "10m"), Cancellation);

        await platform.DisposeAsync();

        Assert.Empty(Directory.GetFiles(small.Paths.Faults));
        Assert.Empty(Directory.GetFiles(small.Paths.DataOf("redis"), "back2code-*"));
    }

    private static FaultOrder Order(string type, string target, string? stands, params (string Name, string Value)[] parameters) =>
        new(type, target, parameters.ToDictionary(p => p.Name, p => p.Value), stands);

    private static Task<IReadOnlyList<StandingFault>> StandingAsync(SmallPlatform small) => FaultJournal.ListAsync(small.Paths.Faults, TimeProvider.System, Cancellation);

    private static Process Cli(SmallPlatform small, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "back2code.dll"), .. arguments, "--state", small.State])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["BACK2CODE_HOME"] = small.Folder;
        return Process.Start(start)!;
    }
}
