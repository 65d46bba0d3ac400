using System.ComponentModel;
using Back2Code.Lab.Supervision.Linux;

namespace Back2Code.Lab.Supervision.Children;

/// <summary>From one start to the next: preparation, launch, exit, backoff.</summary>
internal sealed partial class SupervisedProcess
{
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
        catch (Exception e) when (_firstReady.Task.IsCompletedSuccessfully && e is not OperationCanceledException)
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
        var how = child.HowItEnded();
        tools.Registry.Remove(spec.Name);
        child.Dispose();
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

    private async Task<Child> LaunchAsync()
    {
        string[] command = [.. tools.User.Prefix(), plan.Program, .. plan.Arguments];
        var changes = Volatile.Read(ref _override);
        var process = await tools.Spawner.StartAsync(command, plan.DataDirectory, plan.Log, plan.EnvironmentWith(changes));

        // Gone before it could be looked at: it counts as an exit, and a start time of -1 matches no process.
        var startTime = ProcFs.Stat(process.Id)?.StartTime ?? -1;
        var child = new Child(process, startTime, tools.Time.GetUtcNow());
        tools.Registry.Add(new ChildRecord(spec.Name, child.Pid, child.StartTime));
        lock (_gate)
        {
            _starts++;
            _running = child;
            if (_stopping.IsCancellationRequested)
            {
                // The stop came between preparation and launch and saw no process to stop.
                child.KillTree();
            }
            else if (!ReferenceEquals(changes, _override))
            {
                // So did new settings.
                _replacing = true;
                child.KillTree();
            }
        }

        return child;
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
}
