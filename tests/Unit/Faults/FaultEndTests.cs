using Back2Code.Chaos.Faults;
using Back2Code.Chaos.Faults.Keys;
using Back2Code.Chaos.Proxy;

namespace Back2Code.UnitTests.Faults;

/// <summary>The end of a fault that somebody else brings about than the process that injected it.</summary>
public sealed class FaultEndTests : IFaultTarget, IDisposable
{
    private readonly string _disturbance = Path.Combine(Directory.CreateTempSubdirectory("b2c-end-").FullName, "disturbance");
    private readonly FaultContext _context;

    public FaultEndTests() => _context = new FaultContext { Platform = this, Target = "notes-1" };

    public string FaultsDirectory { get; } = Directory.CreateTempSubdirectory("b2c-faults-").FullName;

    public ToxiproxyClient Toxiproxy => throw new NotSupportedException();

    public TimeProvider Time => TimeProvider.System;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_loop_in_the_owners_process_has_ended_before_anything_is_undone()
    {
        // A round that has begun is finished, and must not disturb what was just put right.
        var began = new TaskCompletionSource();
        await InjectAsync(async _ =>
        {
            began.TrySetResult();
            await Task.Delay(TimeSpan.FromMilliseconds(300), CancellationToken.None);
            await File.WriteAllTextAsync(_disturbance, "", CancellationToken.None);
        });
        await began.Task;

        await EndByAnotherAsync();

        Assert.False(File.Exists(_disturbance));
        await Task.Delay(TimeSpan.FromMilliseconds(500), Cancellation);
        Assert.False(File.Exists(_disturbance));
        Assert.Empty(Directory.GetFiles(FaultsDirectory));
    }

    [Fact]
    public async Task An_owner_that_hangs_is_waited_for_no_longer_than_a_second()
    {
        var hangs = new TaskCompletionSource();
        await InjectAsync(_ => hangs.Task);
        var start = Time.GetTimestamp();

        await EndByAnotherAsync();

        Assert.InRange(Time.GetElapsedTime(start), TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(5));
        Assert.Empty(Directory.GetFiles(FaultsDirectory));
        hangs.SetResult();
    }

    [Fact]
    public async Task What_somebody_else_has_undone_is_not_undone_again_by_its_owner()
    {
        var fault = await InjectAsync(_ => Task.CompletedTask);
        await EndByAnotherAsync();
        await File.WriteAllTextAsync(_disturbance, "of a later fault", Cancellation);

        var undone = await fault.UndoAsync(Cancellation);

        Assert.Equal(["was undone by somebody else"], undone.Observations);
        Assert.True(File.Exists(_disturbance));
    }

    [Fact]
    public async Task A_fault_that_is_ended_while_it_is_injected_does_not_stand()
    {
        var acting = new TaskCompletionSource();
        var injecting = Injection.RunAsync(
            FaultCatalogue.Find("process.kill"),
            _context,
            stands: null,
            [new DeleteFile(_disturbance)],
            async token =>
            {
                await File.WriteAllTextAsync(_disturbance, "", CancellationToken.None);
                acting.SetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, token);
                return [];
            },
            sumUp: null,
            Cancellation);
        await acting.Task;

        await EndByAnotherAsync();

        var error = await Assert.ThrowsAsync<FaultException>(() => injecting);
        Assert.Equal("process.kill on notes-1 was ended by somebody else while it was being injected; nothing of it stands.", error.Message);
        Assert.False(File.Exists(_disturbance));
        Assert.Empty(Directory.GetFiles(FaultsDirectory));
    }

    Task<IReadOnlyList<TargetProcess>> IFaultTarget.ListProcessesAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<TargetProcess>>([]);

    Task IFaultTarget.HoldAsync(string process, TimeSpan lease, CancellationToken cancellationToken) => throw new NotSupportedException();

    Task IFaultTarget.ReleaseAsync(string process, CancellationToken cancellationToken) => throw new NotSupportedException();

    public void Dispose()
    {
        Directory.Delete(FaultsDirectory, recursive: true);
        Directory.Delete(Path.GetDirectoryName(_disturbance)!, recursive: true);
    }

    /// <summary>A fault that stands by a loop, and that deleting a file undoes.</summary>
    private Task<InjectedFault> InjectAsync(Func<CancellationToken, Task> disturb)
    {
        var loop = new StandingLoop(_context);
        return Injection.RunAsync(
            FaultCatalogue.Find("process.kill"),
            _context,
            stands: null,
            [new DeleteFile(_disturbance)],
            _ =>
            {
                loop.Start(TimeSpan.FromMilliseconds(1), disturb);
                return Task.FromResult<IReadOnlyList<Evidence>>([Evidence.Seen($"it disturbs")]);
            },
            sumUp: null,
            Cancellation,
            loop);
    }

    private async Task EndByAnotherAsync() => Assert.NotNull(await FaultJournal.UndoAsync(this, _context.FaultId, Cancellation));
}
