using System.ComponentModel;
using System.Diagnostics;
using Back2Code.Lab.Supervision.Linux;
using Back2Code.Lab.Supervision.Probes;
using Back2Code.Lab.Supervision.Setup;
using Back2Code.Lab.Topology;

namespace Back2Code.Lab.Supervision.Children;

/// <summary>Keeps one process of the topology running: start, probe, restart with backoff, hold, stop.</summary>
internal sealed class SupervisedProcess(
    ProcessSpec spec,
    LaunchPlan plan,
    ReadinessProbe? probe,
    IProcessSetup setup,
    ChildTools tools,
    int? port) : IDisposable
{
    /// <summary>Starts that end before the process was ever ready, after which the platform's start is given up.</summary>
    private const int MostFailedFirstStarts = 5;

    private static readonly TimeSpan LongestStart = TimeSpan.FromSeconds(60);

    private readonly Lock gate = new();
    private readonly RestartBackoff backoff = new(spec.Restart);
    private readonly TaskCompletionSource firstReady = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource stopping = new();
    private TaskCompletionSource wake = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task loop = Task.CompletedTask;
    private Running? running;
    private ProcessState state = ProcessState.Pending;
    private string? detail;
    private int starts;
    private DateTimeOffset heldUntil;
    private DateTimeOffset dueAt;

    public ProcessSpec Spec => spec;

    public LaunchPlan Plan => plan;

    /// <summary>Done when it has been ready once; faulted with a <see cref="LabException"/> when that will not happen.</summary>
    public Task FirstReady => firstReady.Task;

    public ProcessSnapshot Snapshot
    {
        get
        {
            lock (gate)
            {
                return new ProcessSnapshot(spec.Name, state, running?.Pid, running?.StartTime, port, Math.Max(0, starts - 1), running?.StartedAt, detail);
            }
        }
    }

    /// <summary>Begins to supervise. Call once.</summary>
    public void Start()
    {
        lock (gate)
        {
            if (!stopping.IsCancellationRequested)
            {
                loop = RunAsync();
            }
        }
    }

    /// <summary>Until the lease ends, an exit is not followed by a restart.</summary>
    public void Hold(TimeSpan lease)
    {
        lock (gate)
        {
            heldUntil = tools.Time.GetUtcNow() + lease;
            Wake_NeedsLock();
        }
    }

    /// <summary>Ends the lease and every other reason to wait.</summary>
    public void Release()
    {
        lock (gate)
        {
            heldUntil = default;
            dueAt = default;
            backoff.Forget();
            Wake_NeedsLock();
        }
    }

    /// <summary>Asks it to stop, waits as long as its stop policy says, then kills it and whatever it left behind.</summary>
    public async Task StopAsync(CancellationToken hurry)
    {
        Running? victim;
        lock (gate)
        {
            stopping.Cancel();
            victim = running;
            Wake_NeedsLock();
        }

        if (victim is not null && !hurry.IsCancellationRequested && Posix.Signal(victim.Pid, victim.StartTime, spec.Stop.Signal))
        {
            // A frozen process takes its signal only once it goes on.
            Posix.Signal(victim.Pid, victim.StartTime, Signals.Continue);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(hurry);
            limit.CancelAfter(spec.Stop.Timeout);
            await victim.Exited.WaitAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (victim is { Exited.IsCompleted: false })
        {
            KillTree(victim);
        }

        await loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Become(ProcessState.Stopped);
        firstReady.TrySetCanceled(CancellationToken.None);
    }

    public void Dispose() => stopping.Dispose();

    private async Task RunAsync()
    {
        try
        {
            while (await WaitUntilDueAsync())
            {
                if (!await RunOnceAsync())
                {
                    return;
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Asked to stop while it started.
        }
        catch (Exception e) when (e is LabException or IOException or UnauthorizedAccessException or Win32Exception)
        {
            Fail(e is LabException ? e.Message : $"{spec.Name} cannot be started: {e.Message}");
        }
    }

    /// <returns>False when it must not be started again.</returns>
    private async Task<bool> RunOnceAsync()
    {
        Become(ProcessState.Starting);
        if (starts > 0)
        {
            await tools.Leftovers.KillOrphansOfAsync(spec.Name, stopping.Token);
        }

        await setup.PrepareAsync(plan, stopping.Token);
        var child = await LaunchAsync();
        await WatchAsync(child);
        await child.Exited;

        var uptime = tools.Time.GetUtcNow() - child.StartedAt;
        var how = HowItEnded(child.Process.ExitCode);
        tools.Registry.Remove(spec.Name);
        child.Process.Dispose();
        return AfterExit(uptime, how);
    }

    private bool AfterExit(TimeSpan uptime, string how)
    {
        lock (gate)
        {
            running = null;
            detail = how;
            dueAt = tools.Time.GetUtcNow() + backoff.AfterExit(uptime);
        }

        if (stopping.IsCancellationRequested)
        {
            return false;
        }

        if (!firstReady.Task.IsCompleted && starts >= MostFailedFirstStarts)
        {
            Fail($"{spec.Name} {how}, {starts} times in a row. The end of {plan.Log}:{LogTail.Of(plan.Log)}");
            return false;
        }

        if (!spec.Restart.Enabled)
        {
            Fail($"{spec.Name} {how} and is not to be restarted. The end of {plan.Log}:{LogTail.Of(plan.Log)}");
            return false;
        }

        return true;
    }

    private async Task<Running> LaunchAsync()
    {
        string[] command = [.. tools.User.Prefix(), plan.Program, .. plan.Arguments];
        var process = await tools.Spawner.StartAsync(command, plan.DataDirectory, plan.Log, plan.Environment);

        // Gone before it could be looked at: it counts as an exit, and a start time of -1 matches no process.
        var startTime = ProcFs.Stat(process.Id)?.StartTime ?? -1;
        var child = new Running(process, process.Id, startTime, tools.Time.GetUtcNow(), process.WaitForExitAsync(CancellationToken.None));
        tools.Registry.Add(new ChildRecord(spec.Name, child.Pid, child.StartTime));
        lock (gate)
        {
            starts++;
            running = child;
            if (stopping.IsCancellationRequested)
            {
                // The stop came between preparation and launch and saw no process to stop.
                KillTree(child);
            }
        }

        return child;
    }

    /// <summary>Follows the child from its start to its exit.</summary>
    private async Task WatchAsync(Running child)
    {
        var deadline = tools.Time.GetUtcNow() + LongestStart;
        var isUp = false;
        var misses = 0;
        while (!child.Exited.IsCompleted)
        {
            if (await IsReadyAsync(child, finish: !isUp))
            {
                misses = 0;
                isUp = true;
                Become(ProcessState.Ready);
                firstReady.TrySetResult();
            }
            else if (isUp && ++misses >= 2)
            {
                Become(ProcessState.Unready);
            }
            else if (!isUp && tools.Time.GetUtcNow() > deadline)
            {
                KillTree(child);
            }

            // What has failed a check is looked at more often, so that its recovery is seen early.
            var pause = !isUp ? probe?.Spec.Interval ?? TimeSpan.FromSeconds(1) : misses > 0 ? TimeSpan.FromMilliseconds(250) : probe?.Spec.Steady ?? TimeSpan.FromMinutes(1);
            await child.Exited.WaitAsync(pause, tools.Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<bool> IsReadyAsync(Running child, bool finish)
    {
        if (probe is not null && !await probe.CheckAsync(CancellationToken.None))
        {
            return false;
        }

        // An answer on the port proves nothing about a child that is gone: somebody else may have taken its port.
        if (child.Exited.IsCompleted)
        {
            return false;
        }

        if (finish)
        {
            try
            {
                await setup.FinishAsync(stopping.Token);
            }
            catch (Exception e) when (e is not LabException && !stopping.IsCancellationRequested)
            {
                // It answered once and then not: it may have crashed meanwhile. The next probe tells.
                lock (gate)
                {
                    detail = e.Message;
                }

                return false;
            }
            catch (OperationCanceledException)
            {
                return false;
            }
        }

        return !child.Exited.IsCompleted;
    }

    /// <summary>Waits for the end of a lease or of the backoff.</summary>
    /// <returns>False when it is time to stop.</returns>
    private async Task<bool> WaitUntilDueAsync()
    {
        while (!stopping.IsCancellationRequested)
        {
            Task woken;
            TimeSpan wait;
            ProcessState waiting;
            lock (gate)
            {
                var now = tools.Time.GetUtcNow();
                if (starts > 0 && heldUntil > now)
                {
                    (wait, waiting) = (heldUntil - now, ProcessState.Held);
                    // The lease is the whole delay: what it held back starts at its end.
                    dueAt = default;
                }
                else if (dueAt > now)
                {
                    (wait, waiting) = (dueAt - now, ProcessState.Backoff);
                }
                else
                {
                    return true;
                }

                if (wake.Task.IsCompleted)
                {
                    wake = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                }

                woken = wake.Task;
            }

            Become(waiting);
            await woken.WaitAsync(wait, tools.Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return false;
    }

    private void Fail(string message)
    {
        lock (gate)
        {
            detail = message;
        }

        Become(ProcessState.Failed);
        firstReady.TrySetException(new LabException(message));
    }

    private void Become(ProcessState next)
    {
        string text;
        lock (gate)
        {
            if (state == next)
            {
                return;
            }

            state = next;
            text = next switch
            {
                ProcessState.Starting when starts > 0 => $"restarting, {detail}",
                ProcessState.Ready => running is { } child ? $"ready (pid {child.Pid}) after {(tools.Time.GetUtcNow() - child.StartedAt).TotalSeconds:0.0} s" : "ready",
                ProcessState.Backoff => $"{detail}; restarts in {Math.Max(0, (dueAt - tools.Time.GetUtcNow()).TotalSeconds):0.0} s",
                ProcessState.Held => $"{detail}; held down",
                ProcessState.Failed => detail ?? "failed",
                _ => next.ToString().ToLowerInvariant(),
            };
        }

        tools.Report(new PlatformProgress(text, spec.Name, next));
    }

    private void Wake_NeedsLock() => wake.TrySetResult();

    private static void KillTree(Running child)
    {
        // The tree is read first: children of a killed parent are adopted by init and could no longer be found. The parent goes
        // first all the same, or it would start new ones (a busy PostgreSQL backend outlives its postmaster).
        var tree = ProcFs.Tree(child.Pid, ProcFs.ByParent()).ToList();
        Posix.Signal(child.Pid, child.StartTime, Signals.Kill);
        foreach (var descendant in tree)
        {
            Posix.Signal(descendant.Pid, descendant.StartTime, Signals.Kill);
        }
    }

    private static string HowItEnded(int exitCode) =>
        exitCode is > 128 and < 160 ? $"was ended by {Signals.NameOf(exitCode - 128)}" : $"exited with code {exitCode}";

    private sealed record Running(Process Process, int Pid, long StartTime, DateTimeOffset StartedAt, Task Exited);
}

/// <summary>What every supervised process works with.</summary>
internal sealed record ChildTools(
    Spawner Spawner, ChildRegistry Registry, Leftovers Leftovers, RunUser User, TimeProvider Time, Action<PlatformProgress> Report);

internal sealed record ProcessSnapshot(
    string Name, ProcessState State, int? Pid, long? StartTime, int? Port, int Restarts, DateTimeOffset? StartedAt, string? Detail);
