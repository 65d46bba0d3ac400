using Back2Code.Lab.Topology;

namespace Back2Code.Lab.Supervision.Children;

/// <summary>While it runs: whether it is ready, and whether it hangs.</summary>
internal sealed partial class SupervisedProcess
{
    /// <summary>Follows the child from its start to its exit.</summary>
    private async Task WatchAsync(Child child)
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
                child.KillTree();
            }

            // What has failed a check is looked at more often, so that its recovery is seen early.
            var pause = !isUp ? probe?.Spec.Interval ?? TimeSpan.FromSeconds(1) : misses > 0 ? TimeSpan.FromMilliseconds(250) : probe?.Spec.Steady ?? TimeSpan.FromMinutes(1);
            await child.Exited.WaitAsync(pause, tools.Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>A process that hangs does not exit, so nothing else would restart it. Somebody who holds it knows what he does.</summary>
    private async Task EndIfHungAsync(Child child, DateTimeOffset answeredAt)
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
        child.KillTree();
    }

    private async Task<bool> IsReadyAsync(Child child, bool finish)
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
}
