using System.Collections.Concurrent;
using System.Diagnostics;
using Back2Code.Chaos.Faults;
using Back2Code.Lab.Supervision.Children;
using Back2Code.Lab.Supervision.Linux;

namespace Back2Code.Lab.Supervision.Faults;

/// <summary>Processes of our own that load the machine for a fault: children of the lab, which die with it, and end with their lease.</summary>
internal sealed class FaultWorkers(StatePaths paths, RunUser user, Spawner spawner, string dotnet, string program, TimeProvider time) : IDisposable
{
    private const int Most = 16;

    private readonly ConcurrentDictionary<string, Worker> _workers = new();

    public IReadOnlyList<string> Running => [.. _workers.Where(w => !w.Value.Process.HasExited).Select(w => w.Key)];

    /// <exception cref="FaultException">There are too many, or one of that name.</exception>
    public async Task<TargetProcess> StartAsync(FaultWorker order)
    {
        if (Running.Count >= Most || _workers.ContainsKey(order.Id))
        {
            throw new FaultException(_workers.ContainsKey(order.Id) ? $"There is a worker {order.Id} already." : $"{Most} workers run already; more would stop the machine.");
        }

        var folder = paths.DataOf("workers");
        if (!Directory.Exists(folder))
        {
            Directory.CreateDirectory(folder);
            user.Own(folder);
        }

        var process = await spawner.StartAsync(
            [.. user.Prefix(), dotnet, program, "worker", .. order.Arguments],
            folder,
            paths.LogOf("workers"),
            new Dictionary<string, string>(order.Environment)
            {
                ["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                ["LANG"] = "C.UTF-8",
                ["HOME"] = folder,
                ["DOTNET_EnableDiagnostics"] = "0",
                ["DOTNET_TieredPGO"] = "0",
                [Leftovers.Mark] = paths.Root,
            });
        var worker = new Worker(process, time.CreateTimer(_ => Stop(order.Id), null, order.Lease, Timeout.InfiniteTimeSpan));
        _workers[order.Id] = worker;
        return new TargetProcess(order.Id, process.Id, ProcFs.Stat(process.Id)?.StartTime);
    }

    /// <returns>False when there was none.</returns>
    public bool Stop(string id)
    {
        if (!_workers.TryRemove(id, out var worker))
        {
            return false;
        }

        worker.Lease.Dispose();
        var there = !worker.Process.HasExited;
        if (there)
        {
            worker.Process.Kill();
            // A killed process is gone within milliseconds; who asked wants to find it gone.
            worker.Process.WaitForExit(TimeSpan.FromSeconds(2));
        }

        worker.Process.Dispose();
        return there;
    }

    public void Dispose()
    {
        foreach (var id in _workers.Keys)
        {
            Stop(id);
        }
    }

    private sealed record Worker(Process Process, ITimer Lease);
}

/// <summary>A worker to start, over the control API.</summary>
internal sealed record WorkerOrder(IReadOnlyList<string> Arguments, double LeaseSeconds, IReadOnlyDictionary<string, string>? Environment = null)
{
    // Forty days; a timer takes 49.
    private const double LongestLease = 40 * 86_400;

    public BodyComplaint? Complaint() => this switch
    {
        { Arguments: null or { Count: 0 } } => new("$.arguments", "is missing; it says what the worker does"),
        _ when Arguments.Any(a => a is null || a.Contains('\0', StringComparison.Ordinal)) => new("$.arguments", "holds a null, or a text that no program can be given"),
        { LeaseSeconds: not (> 0 and <= LongestLease) } => new("$.leaseSeconds", $"must be above 0 and at most {LongestLease}"),
        { Environment: { } environment } => OverrideRequest.Complaint(environment.Select(static v => KeyValuePair.Create(v.Key, (string?)v.Value))),
        _ => null,
    };
}
