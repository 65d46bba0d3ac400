using Back2Code.Lab.Topology;

namespace Back2Code.Lab.Supervision.Children;

/// <summary>All processes of a platform: started as soon as what they wait for is ready, stopped in the reverse order.</summary>
internal sealed class Supervisor(PlatformTopology topology, IReadOnlyList<SupervisedProcess> processes, TimeProvider time) : IDisposable
{
    /// <summary>Ctrl-C promises an end within 10 s; what is left of them is for the last clean-up.</summary>
    private static readonly TimeSpan LongestOrderlyStop = TimeSpan.FromSeconds(8);

    private readonly CancellationTokenSource _stopping = new();
    private readonly Dictionary<string, SupervisedProcess> _byName = processes.ToDictionary(p => p.Spec.Name);
    private Task _starting = Task.CompletedTask;

    public IReadOnlyList<SupervisedProcess> Processes => processes;

    public SupervisedProcess? Find(string name) => _byName.GetValueOrDefault(name);

    public bool IsReady => processes.All(p => p.Snapshot.State == ProcessState.Ready);

    /// <summary>Returns when every process has been ready, or throws what keeps the first failed one from it.</summary>
    public async Task StartAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        var starts = processes.Select(StartInTurnAsync).ToList();
        _starting = Task.WhenAll(starts);
        var ready = processes.Select(p => p.FirstReady).ToList();
        try
        {
            // The first failure ends the wait: the others would only fail after it.
            var pending = ready.ToList();
            while (pending.Count > 0)
            {
                var next = await Task.WhenAny(pending).WaitAsync(timeout, time, cancellationToken);
                pending.Remove(next);
                await next;
            }
        }
        catch (TimeoutException)
        {
            var late = processes.Where(p => !p.FirstReady.IsCompleted).Select(p => $"{p.Spec.Name} ({p.Snapshot.Detail ?? p.Snapshot.State.ToString().ToLowerInvariant()})");
            throw new LabException($"Not ready after {timeout.TotalSeconds:0} s: {string.Join(", ", late)}. Their logs are in {Path.GetDirectoryName(processes[0].Plan.Log)}.");
        }
    }

    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await _starting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        using var hurry = new CancellationTokenSource(LongestOrderlyStop, time);
        var before = StopOrder.Before(topology);
        var stops = new Dictionary<string, Task>();
        await Task.WhenAll(processes.Select(p => StopInTurn(p.Spec.Name)));

        Task StopInTurn(string name) =>
            stops.TryGetValue(name, out var stop) ? stop : stops[name] = StopAfterAsync(name, [.. before[name].Select(StopInTurn)]);

        async Task StopAfterAsync(string name, Task[] clients)
        {
            await Task.WhenAll(clients);
            // Bounded even so: a child in an uninterruptible wait does not die of SIGKILL, and the lab must not hang with it.
            await _byName[name].StopAsync(hurry.Token).WaitAsync(LongestOrderlyStop + TimeSpan.FromSeconds(1), time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public void Dispose()
    {
        _stopping.Dispose();
        foreach (var process in processes)
        {
            process.Dispose();
        }
    }

    private async Task StartInTurnAsync(SupervisedProcess process)
    {
        try
        {
            await Task.WhenAll(process.Spec.After.Select(name => _byName[name].FirstReady)).WaitAsync(_stopping.Token);
            process.Start();
        }
        catch (Exception e) when (e is OperationCanceledException or LabException)
        {
            // The platform stops, or what this one waits for has failed, which ends the start.
        }
    }
}
