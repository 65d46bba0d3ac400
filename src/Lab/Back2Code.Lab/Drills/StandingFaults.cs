using System.Text.Json;
using System.Text.Json.Nodes;
using Back2Code.Chaos.Experiments;
using Back2Code.Chaos.Faults;

namespace Back2Code.Lab.Drills;

/// <summary>Injects the faults of a drill, ends each when its time is up, and can end all of them at once.</summary>
internal sealed class StandingFaults(Drill drill, IDrillPlatform platform, DrillRecord record, TimeProvider clock) : IAsyncDisposable
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(250);

    private readonly CancellationTokenSource abandon = new();
    private readonly List<(InjectedFault Fault, Task Ending)> standing = [];
    private readonly Lock gate = new();

    /// <summary>True when every fault is over.</summary>
    public bool AllEnded => standing.TrueForAll(s => s.Ending.IsCompleted);

    /// <summary>What could not be undone; complete once <see cref="EndAllAsync"/> has returned.</summary>
    public List<string> Failures { get; } = [];

    /// <returns>Null when every fault has a receipt, else why the drill proves nothing.</returns>
    public async Task<string?> InjectAllAsync(CancellationToken cancellationToken)
    {
        foreach (var fault in drill.Faults)
        {
            var entry = new ActivityResult(Describe(fault), clock.GetUtcNow());
            record.Journal?.Run.Add(entry);
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

            standing.Add((injected, EndLaterAsync(injected, StandsFor(fault), abandon.Token)));
            record.Receipts.Add(injected.Receipt);
            record.InjectedAt ??= injected.Receipt.InjectedAt;
            var output = JsonSerializer.SerializeToNode(injected.Receipt, JsonSerializerOptions.Web);
            if (!injected.Receipt.Observed)
            {
                var reason = $"{fault} left no trace on its target{(injected.Receipt.Observations.Count == 0 ? "" : $": {string.Join("; ", injected.Receipt.Observations)}")}";
                entry.Fail(clock.GetUtcNow(), reason, output);
                return reason;
            }

            entry.Succeed(clock.GetUtcNow(), output);
        }

        return null;
    }

    /// <summary>Ends whatever still stands, at once, trying again until the token says stop.</summary>
    public async Task EndAllAsync(CancellationToken cancellationToken)
    {
        abandon.Cancel();
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
        abandon.Cancel();
        await Task.WhenAll(standing.Select(s => s.Ending)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        abandon.Dispose();
    }

    /// <summary>A fault that happens once is over at once; a process that is kept down is over when its time down is.</summary>
    private static TimeSpan StandsFor(DrillFault fault) =>
        fault.For ?? (fault.Parameters.TryGetValue("downFor", out var text) && Durations.TryParse(text, out var down) ? down : TimeSpan.Zero);

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
                lock (gate)
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
        },
    };
}
