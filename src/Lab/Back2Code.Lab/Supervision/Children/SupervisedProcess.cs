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

    private readonly Lock _gate = new();
    private readonly RestartBackoff _backoff = new(spec.Restart);
    private readonly TaskCompletionSource _firstReady = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stopping = new();
    private TaskCompletionSource _wake = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _loop = Task.CompletedTask;
    private Running? _running;
    private ProcessState _state = ProcessState.Pending;
    private string? _detail;
    private int _starts;
    private DateTimeOffset _heldUntil;
    private DateTimeOffset _dueAt;
    private IReadOnlyDictionary<string, string?>? _override;
    private bool _replacing;

    public ProcessSpec Spec => spec;

    public LaunchPlan Plan => plan;

    /// <summary>Done when it has been ready once; faulted with a <see cref="LabException"/> when that will not happen.</summary>
    public Task FirstReady => _firstReady.Task;

    public ProcessSnapshot Snapshot
    {
        get
        {
            lock (_gate)
            {
                return new ProcessSnapshot(spec.Name, _state, _running?.Pid, _running?.StartTime, port, Math.Max(0, _starts - 1), _running?.StartedAt, _detail, _override is not null);
            }
        }
    }

    /// <summary>Begins to supervise. Call once.</summary>
    public void Start()
    {
        lock (_gate)
        {
            if (!_stopping.IsCancellationRequested)
            {
                _loop = RunAsync();
            }
        }
    }

    /// <summary>Until the lease ends, an exit is not followed by a restart.</summary>
    public void Hold(TimeSpan lease)
    {
        lock (_gate)
        {
            _heldUntil = tools.Time.GetUtcNow() + lease;
            Wake_NeedsLock();
        }
    }

    /// <summary>Ends the lease and every other reason to wait.</summary>
    public void Release()
    {
        lock (_gate)
        {
            _heldUntil = default;
            _dueAt = default;
            _backoff.Forget();
            Wake_NeedsLock();
        }
    }

    /// <summary>
    /// Restarts it with these variables set, or removed where the value is null, and keeps it so until told otherwise; null: as the topology has it. Returns when
    /// the process that ran before is gone. Nothing happens where nothing would change.
    /// </summary>
    public async Task ReplaceAsync(IReadOnlyDictionary<string, string?>? environment, CancellationToken hurry)
    {
        Running? victim;
        lock (_gate)
        {
            if (_stopping.IsCancellationRequested || (environment is null && _override is null))
            {
                return;
            }

            _override = environment;
            _replacing = _running is not null;
            _dueAt = default;
            _backoff.Forget();
            victim = _running;
            Wake_NeedsLock();
        }

        if (victim is not null)
        {
            await EndAsync(victim, hurry);
        }
    }

    /// <summary>Ends it as its stop policy says and starts it again at once, whatever held it down; settings that were changed stay changed. Returns when the process that ran before is gone.</summary>
    public async Task RestartAsync(CancellationToken hurry)
    {
        Running? victim;
        lock (_gate)
        {
            if (_stopping.IsCancellationRequested)
            {
                return;
            }

            _heldUntil = default;
            _dueAt = default;
            _backoff.Forget();
            _replacing = _running is not null;
            victim = _running;
            Wake_NeedsLock();
        }

        if (victim is not null)
        {
            await EndAsync(victim, hurry);
        }
    }

    /// <summary>Asks it to stop, waits as long as its stop policy says, then kills it and whatever it left behind.</summary>
    public async Task StopAsync(CancellationToken hurry)
    {
        Running? victim;
        lock (_gate)
        {
            _stopping.Cancel();
            victim = _running;
            Wake_NeedsLock();
        }

        if (victim is not null)
        {
            await EndAsync(victim, hurry);
        }

        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Become(ProcessState.Stopped);
        _firstReady.TrySetCanceled(CancellationToken.None);
    }

    public void Dispose() => _stopping.Dispose();

    private async Task EndAsync(Running victim, CancellationToken hurry)
    {
        if (!hurry.IsCancellationRequested && Posix.Signal(victim.Pid, victim.StartTime, spec.Stop.Signal))
        {
            // A frozen process takes its signal only once it goes on.
            Posix.Signal(victim.Pid, victim.StartTime, Signals.Continue);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(hurry);
            limit.CancelAfter(spec.Stop.Timeout);
            await victim.Exited.WaitAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (!victim.Exited.IsCompleted)
        {
            KillTree(victim);
        }
    }

    private async Task RunAsync()
    {
        try
        {
            while (await WaitUntilDueAsync())
            {
                if (!await TryRunOnceAsync())
                {
                    return;
                }
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Asked to stop while it started.
        }
        catch (Exception e) when (e is LabException or IOException or UnauthorizedAccessException or Win32Exception)
        {
            Fail(e is LabException ? e.Message : $"{spec.Name} cannot be started: {e.Message}");
        }
    }

    /// <summary>What keeps it from starting ends a start of the platform, but not its life: a disk that is full now may have room in a moment.</summary>
    private async Task<bool> TryRunOnceAsync()
    {
        try
        {
            return await RunOnceAsync();
        }
        catch (Exception e) when (_firstReady.Task.IsCompletedSuccessfully && e is IOException or UnauthorizedAccessException or Win32Exception)
        {
            lock (_gate)
            {
                _detail = $"cannot be started: {e.Message}";
                _dueAt = tools.Time.GetUtcNow() + _backoff.AfterExit(TimeSpan.Zero);
            }

            return !_stopping.IsCancellationRequested;
        }
    }

    /// <returns>False when it must not be started again.</returns>
    private async Task<bool> RunOnceAsync()
    {
        Become(ProcessState.Starting);
        if (_starts > 0)
        {
            await tools.Leftovers.KillOrphansOfAsync(spec.Name, _stopping.Token);
        }

        await setup.PrepareAsync(plan, _stopping.Token);
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
        bool replaced;
        lock (_gate)
        {
            replaced = _replacing;
            _replacing = false;
            _running = null;
            _detail = replaced ? "was asked to" : how;
            _dueAt = replaced ? default : tools.Time.GetUtcNow() + _backoff.AfterExit(uptime);
        }

        if (_stopping.IsCancellationRequested)
        {
            return false;
        }

        if (replaced)
        {
            return true;
        }

        if (!_firstReady.Task.IsCompleted && _starts >= MostFailedFirstStarts)
        {
            Fail($"{spec.Name} {how}, {_starts} times in a row. The end of {plan.Log}:{LogTail.Of(plan.Log)}");
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
        var changes = Volatile.Read(ref _override);
        var process = await tools.Spawner.StartAsync(command, plan.DataDirectory, plan.Log, EnvironmentWith(changes));

        // Gone before it could be looked at: it counts as an exit, and a start time of -1 matches no process.
        var startTime = ProcFs.Stat(process.Id)?.StartTime ?? -1;
        var child = new Running(process, process.Id, startTime, tools.Time.GetUtcNow(), process.WaitForExitAsync(CancellationToken.None));
        tools.Registry.Add(new ChildRecord(spec.Name, child.Pid, child.StartTime));
        lock (_gate)
        {
            _starts++;
            _running = child;
            if (_stopping.IsCancellationRequested)
            {
                // The stop came between preparation and launch and saw no process to stop.
                KillTree(child);
            }
            else if (!ReferenceEquals(changes, _override))
            {
                // So did new settings.
                _replacing = true;
                KillTree(child);
            }
        }

        return child;
    }

    private Dictionary<string, string> EnvironmentWith(IReadOnlyDictionary<string, string?>? changes)
    {
        var environment = new Dictionary<string, string>(plan.Environment);
        foreach (var (name, value) in changes ?? new Dictionary<string, string?>())
        {
            if (value is null)
            {
                environment.Remove(name);
            }
            else
            {
                environment[name] = value;
            }
        }

        return environment;
    }

    /// <summary>Follows the child from its start to its exit.</summary>
    private async Task WatchAsync(Running child)
    {
        var deadline = tools.Time.GetUtcNow() + LongestStart;
        var isUp = false;
        var misses = 0;
        var answeredAt = tools.Time.GetUtcNow();
        while (!child.Exited.IsCompleted)
        {
            if (await IsReadyAsync(child, finish: !isUp))
            {
                misses = 0;
                isUp = true;
                answeredAt = tools.Time.GetUtcNow();
                Become(ProcessState.Ready);
                _firstReady.TrySetResult();
            }
            else if (isUp && ++misses >= 2 && !_stopping.IsCancellationRequested)
            {
                Become(ProcessState.Unready);
                await EndIfHungAsync(child, answeredAt);
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

    /// <summary>A process that hangs does not exit, so nothing else would restart it. Somebody who holds it knows what he does.</summary>
    private async Task EndIfHungAsync(Running child, DateTimeOffset answeredAt)
    {
        var now = tools.Time.GetUtcNow();
        if (probe is null || spec.Restart.Hung is not { } limit || now - answeredAt < limit || await probe.IsAliveAsync(CancellationToken.None))
        {
            return;
        }

        lock (_gate)
        {
            if (_heldUntil > now || _stopping.IsCancellationRequested)
            {
                return;
            }
        }

        tools.Report(new PlatformProgress($"has not answered for {(now - answeredAt).TotalSeconds:0} s and is killed", spec.Name, ProcessState.Unready));
        KillTree(child);
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
                await setup.FinishAsync(_stopping.Token);
            }
            catch (Exception e) when (e is not LabException && !_stopping.IsCancellationRequested)
            {
                // It answered once and then not: it may have crashed meanwhile. The next probe tells.
                lock (_gate)
                {
                    _detail = e.Message;
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
        while (!_stopping.IsCancellationRequested)
        {
            Task woken;
            TimeSpan wait;
            ProcessState waiting;
            lock (_gate)
            {
                var now = tools.Time.GetUtcNow();
                if (_starts > 0 && _heldUntil > now)
                {
                    (wait, waiting) = (_heldUntil - now, ProcessState.Held);
                    // The lease is the whole delay: what it held back starts at its end.
                    _dueAt = default;
                }
                else if (_dueAt > now)
                {
                    (wait, waiting) = (_dueAt - now, ProcessState.Backoff);
                }
                else
                {
                    return true;
                }

                if (_wake.Task.IsCompleted)
                {
                    _wake = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                }

                woken = _wake.Task;
            }

            Become(waiting);
            await woken.WaitAsync(wait, tools.Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return false;
    }

    private void Fail(string message)
    {
        lock (_gate)
        {
            _detail = message;
        }

        Become(ProcessState.Failed);
        _firstReady.TrySetException(new LabException(message));
    }

    private void Become(ProcessState next)
    {
        string text;
        lock (_gate)
        {
            if (_state == next)
            {
                return;
            }

            _state = next;
            text = next switch
            {
                ProcessState.Starting when _starts > 0 => $"restarting, {_detail}",
                ProcessState.Ready => _running is { } child ? $"ready (pid {child.Pid}) after {(tools.Time.GetUtcNow() - child.StartedAt).TotalSeconds:0.0} s" : "ready",
                ProcessState.Backoff => $"{_detail}; restarts in {Math.Max(0, (_dueAt - tools.Time.GetUtcNow()).TotalSeconds):0.0} s",
                ProcessState.Held => $"{_detail}; held down",
                ProcessState.Failed => _detail ?? "failed",
                _ => next.ToString().ToLowerInvariant(),
            };
        }

        tools.Report(new PlatformProgress(text, spec.Name, next));
    }

    private void Wake_NeedsLock() => _wake.TrySetResult();

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
    string Name, ProcessState State, int? Pid, long? StartTime, int? Port, int Restarts, DateTimeOffset? StartedAt, string? Detail, bool Overridden);
