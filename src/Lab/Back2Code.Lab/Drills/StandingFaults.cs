using System.Text.Json;
using System.Text.Json.Nodes;
using Back2Code.Chaos.Experiments;
using Back2Code.Chaos.Faults;

namespace Back2Code.Lab.Drills;

/// <summary>Injects the faults of a drill when they are due, ends each when its time is up, and can end all of them at once.</summary>
internal sealed class StandingFaults(Drill drill, IDrillPlatform platform, DrillRecord record, TimeProvider clock) : IAsyncDisposable
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(250);

    private readonly CancellationTokenSource _abandon = new();
    private readonly List<(InjectedFault Fault, Task Ending)> _standing = [];
    private readonly Lock _gate = new();
    private Task _later = Task.CompletedTask;
    private string? _broken;

    /// <summary>True when every fault has come and is over.</summary>
    public bool AllEnded => _later.IsCompleted && Standing().TrueForAll(s => s.Ending.IsCompleted);

    /// <summary>Why a fault that was due later proves nothing; null as long as all went well.</summary>
    public string? Broken => Volatile.Read(ref _broken);

    /// <summary>What could not be undone; complete once <see cref="EndAllAsync"/> has returned.</summary>
    public List<string> Failures { get; } = [];

    /// <summary>Injects what is due at once and sees to it that the rest comes when it is due.</summary>
    /// <returns>Null when every fault that was due has a receipt, else why the drill proves nothing.</returns>
    public async Task<string?> InjectAsync(CancellationToken cancellationToken)
    {
        foreach (var fault in drill.Faults.Where(f => f.After == TimeSpan.Zero))
        {
            if (await InjectAsync(fault, cancellationToken) is { } why)
            {
                return why;
            }
        }

        // Each fault for itself: one that is slow to be seen must not delay the others.
        _later = Task.WhenAll(drill.Faults.Select(f => InjectLaterAsync(f, _abandon.Token)).ToList());
        return null;
    }

    /// <summary>What has been seen on the targets so far.</summary>
    public IReadOnlyList<string> Observations()
    {
        lock (_gate)
        {
            return [.. record.Receipts.SelectMany(r => r.Observations)];
        }
    }

    /// <summary>Ends whatever still stands, at once, trying again until the token says stop. What has not come yet does not come any more.</summary>
    public async Task EndAllAsync(CancellationToken cancellationToken)
    {
        _abandon.Cancel();
        await _later.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var standing = Standing();
        await Task.WhenAll(standing.Select(s => s.Ending)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        // A call that was cut short is repeated with more time; only the last one counts.
        Failures.Clear();
        foreach (var (fault, _) in standing)
        {
            try
            {
                await UndoAsync(fault, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                Failures.Add($"{fault.Receipt.Type} on {fault.Receipt.Target} could not be undone in time; its undo record {fault.UndoRecordPath} is healed by the next start");
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _abandon.Cancel();
        await _later.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(Standing().Select(s => s.Ending)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _abandon.Dispose();
    }

    private List<(InjectedFault Fault, Task Ending)> Standing()
    {
        lock (_gate)
        {
            return [.. _standing];
        }
    }

    private async Task InjectLaterAsync(DrillFault fault, CancellationToken cancellationToken)
    {
        // What is due at once has come already; of a fault that repeats, the first time.
        foreach (var due in fault.Due.Where(d => d > TimeSpan.Zero))
        {
            var wait = record.InjectedAt!.Value + due - clock.GetUtcNow();
            if (wait > TimeSpan.Zero)
            {
                await Task.Delay(wait, clock, cancellationToken);
            }

            // Undoing may have taken longer than planned; a fault does not come again before it has gone.
            await Task.WhenAll(Standing().Where(s => s.Fault.Receipt.Type == fault.Type && s.Fault.Receipt.Target == fault.Target).Select(s => s.Ending));
            if (Broken is null && await InjectAsync(fault, cancellationToken) is { } why)
            {
                Volatile.Write(ref _broken, why);
            }
        }
    }

    private async Task<string?> InjectAsync(DrillFault fault, CancellationToken cancellationToken)
    {
        var entry = new ActivityResult(Describe(fault), clock.GetUtcNow());
        lock (_gate)
        {
            record.Journal?.Run.Add(entry);
        }

        InjectedFault injected;
        try
        {
            injected = await platform.InjectAsync(fault, cancellationToken);
        }
        catch (FaultException e)
        {
            entry.Fail(clock.GetUtcNow(), e.Message);
            return $"{fault} was not injected: {e.Message}";
        }

        var ending = EndLaterAsync(injected, fault.Stands, _abandon.Token);
        lock (_gate)
        {
            _standing.Add((injected, ending));
            record.Receipts.Add(injected.Receipt);
            record.InjectedAt ??= injected.Receipt.InjectedAt;
        }

        var output = JsonSerializer.SerializeToNode(injected.Receipt, JsonSerializerOptions.Web);
        if (!injected.Receipt.Observed)
        {
            var reason = $"{fault} left no trace on its target{(injected.Receipt.Observations.Count == 0 ? "" : $": {string.Join("; ", injected.Receipt.Observations)}")}";
            entry.Fail(clock.GetUtcNow(), reason, output);
            return reason;
        }

        entry.Succeed(clock.GetUtcNow(), output);
        return null;
    }

    private async Task EndLaterAsync(InjectedFault fault, TimeSpan stands, CancellationToken cancellationToken)
    {
        var wait = fault.Receipt.InjectedAt + stands - clock.GetUtcNow();
        if (wait > TimeSpan.Zero)
        {
            await Task.Delay(wait, clock, cancellationToken);
        }

        await UndoAsync(fault, cancellationToken);
    }

    private async Task UndoAsync(InjectedFault fault, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                var undone = await fault.UndoAsync(cancellationToken);
                lock (_gate)
                {
                    if (record.Undone.TrueForAll(u => u.FaultId != undone.FaultId))
                    {
                        record.Undone.Add(undone);
                        record.FaultEndedAt = record.FaultEndedAt > undone.UndoneAt ? record.FaultEndedAt : undone.UndoneAt;
                    }
                }

                return;
            }
            catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                // The way to the target may be what another fault broke; whoever waits for us sets the limit.
                await Task.Delay(RetryPause, clock, cancellationToken);
            }
        }
    }

    /// <summary>The fault as an activity of the journal, so that Chaos Toolkit's own reports show it.</summary>
    private static JsonObject Describe(DrillFault fault) => new()
    {
        ["type"] = "action",
        ["name"] = fault.ToString(),
        ["provider"] = new JsonObject
        {
            ["type"] = "back2code",
            ["fault"] = fault.Type,
            ["target"] = fault.Target,
            ["arguments"] = new JsonObject(fault.Parameters.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)JsonValue.Create(p.Value)))),
            ["for"] = fault.For is { } stands ? Durations.Format(stands) : null,
            ["after"] = fault.After > TimeSpan.Zero ? Durations.Format(fault.After) : null,
        },
    };
}
