using System.Collections.Concurrent;
using Back2Code.Chaos.Faults;
using Back2Code.Lab.Drills;

namespace Back2Code.Lab.Supervision.Faults;

/// <summary>
/// The lab's part in faults. It injects for those who do not stay until the end, and is then the owner; and about twice a second it undoes what others left:
/// faults whose lease is over or whose injector is dead.
/// </summary>
internal sealed class LabFaults(LabClient self, StatePaths paths, LabStatus status, TimeProvider time, Action<PlatformProgress> report) : IAsyncDisposable
{
    private static readonly TimeSpan SweepEvery = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan UndoLimit = TimeSpan.FromSeconds(10);

    private readonly LabFaultTarget _target = new(self, paths, status, time);
    private readonly ConcurrentDictionary<string, Owned> _owned = new();
    private readonly CancellationTokenSource _closing = new();

    // Replaying rewrites records; two at it at once would bring back what the other has just deleted.
    private readonly SemaphoreSlim _replay = new(1, 1);
    private string _lastComplaint = "";
    private Task _sweeping = Task.CompletedTask;

    /// <summary>Begins to sweep; the platform is up.</summary>
    public void StartSweeping() => _sweeping = SweepAsync();

    /// <exception cref="FaultException">The fault cannot be injected as asked; nothing stands.</exception>
    public async Task<FaultAnswer> InjectAsync(FaultOrder order, CancellationToken cancellationToken)
    {
        TimeSpan? stands = order.For is not { } text ? null : Durations.TryParse(text, out var given) ? given : throw new FaultException($"'{text}' is not a duration; expected for example 30s.");
        var fault = FaultCatalogue.Find(order.Type);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
        var injected = await fault.InjectAsync(
            new FaultContext { Platform = _target, Target = order.Target, Parameters = order.Parameters, For = stands }, either.Token);

        // A fault that happens once is over at once, unless it keeps something down.
        var lasts = stands ?? (order.Parameters.TryGetValue("downFor", out var down) && Durations.TryParse(down, out var downFor) ? downFor : fault.Lasts ? DefaultStand : TimeSpan.Zero);
        var until = injected.Receipt.ObservedAt + lasts;
        var owned = new Owned(injected, until);
        _owned[injected.Receipt.FaultId] = owned;
        if (lasts == TimeSpan.Zero)
        {
            await EndAsync(owned, cancellationToken);
            return new FaultAnswer(injected.Receipt, null);
        }

        report(new PlatformProgress($"fault {injected.Receipt.Type} on {injected.Receipt.Target} until {until.ToLocalTime():HH:mm:ss}"));
        return new FaultAnswer(injected.Receipt, until);
    }

    /// <returns>What was undone; null when no such fault stands.</returns>
    /// <exception cref="FaultException">It could not be undone; it stands.</exception>
    public async Task<IReadOnlyList<string>?> RemoveAsync(string faultId, CancellationToken cancellationToken) =>
        _owned.TryGetValue(faultId, out var owned)
            ? (await EndAsync(owned, cancellationToken)).Observations
            : await FaultJournal.UndoAsync(_target, faultId, cancellationToken);

    /// <summary>Undoes what is left behind and needs this process, which has just become able to answer.</summary>
    public async Task HealForAsync(string process, CancellationToken cancellationToken)
    {
        await _replay.WaitAsync(cancellationToken);
        try
        {
            Tell(await FaultJournal.HealForAsync(_target, process, cancellationToken));
        }
        finally
        {
            _replay.Release();
        }
    }

    /// <summary>Ends every fault there is while the platform still answers; for when it is about to stop.</summary>
    public async Task EndAllAsync(TimeSpan limit)
    {
        await _closing.CancelAsync();
        await _sweeping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        using var time = new CancellationTokenSource(limit);
        try
        {
            foreach (var owned in NewestFirst(_owned.Values))
            {
                try
                {
                    await EndAsync(owned, time.Token);
                }
                catch (Exception e) when (e is FaultException or HttpRequestException or LabException)
                {
                    // The others are ended all the same; this one is on record.
                    Complain(e.Message);
                }
            }

            await FaultJournal.HealAsync(_target, HealScope.All, time.Token);
        }
        catch (Exception e) when (e is FaultException or OperationCanceledException or HttpRequestException or LabException)
        {
            // What outlives the platform is on record, and the rest is gone with it in a moment.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _sweeping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _target.Dispose();
        self.Dispose();
        _closing.Dispose();
        _replay.Dispose();
    }

    // As long as the record's own lease for a fault that nobody gave an end.
    private static readonly TimeSpan DefaultStand = TimeSpan.FromMinutes(30);

    private async Task SweepAsync()
    {
        using var timer = new PeriodicTimer(SweepEvery, time);
        try
        {
            while (await timer.WaitForNextTickAsync(_closing.Token))
            {
                await SweepOnceAsync(_closing.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The platform stops.
        }
    }

    private async Task SweepOnceAsync(CancellationToken cancellationToken)
    {
        await _replay.WaitAsync(cancellationToken);
        try
        {
            foreach (var due in NewestFirst(_owned.Values.Where(o => o.Until <= time.GetUtcNow())))
            {
                await EndDueAsync(due, cancellationToken);
            }

            Tell(await FaultJournal.HealAsync(_target, HealScope.Abandoned, cancellationToken));
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // Whatever it is, the next round tries again; it is said once.
            Complain(e.Message);
        }
        finally
        {
            _replay.Release();
        }
    }

    /// <summary>Each with a limit of its own: one that cannot be undone now must not keep the others standing.</summary>
    private async Task EndDueAsync(Owned due, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(UndoLimit);
        try
        {
            await EndAsync(due, limit.Token);
            report(new PlatformProgress($"fault {due.Fault.Receipt.Type} on {due.Fault.Receipt.Target} is over"));
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            Complain(e.Message);
        }
    }

    /// <summary>What came last is taken back first, as it found things.</summary>
    private static List<Owned> NewestFirst(IEnumerable<Owned> faults) => [.. faults.OrderByDescending(o => o.Fault.Receipt.InjectedAt)];

    private async Task<UndoReceipt> EndAsync(Owned owned, CancellationToken cancellationToken)
    {
        var receipt = await owned.Fault.UndoAsync(cancellationToken);
        _owned.TryRemove(receipt.FaultId, out _);
        return receipt;
    }

    private void Tell(HealResult result)
    {
        foreach (var line in result.Healed)
        {
            report(new PlatformProgress($"healed {line}"));
        }

        Complain(string.Join("; ", result.Failed));
    }

    private void Complain(string complaint)
    {
        if (complaint.Length > 0 && complaint != _lastComplaint)
        {
            report(new PlatformProgress($"not healed yet: {complaint}"));
        }

        _lastComplaint = complaint;
    }

    private sealed record Owned(InjectedFault Fault, DateTimeOffset Until);
}

/// <summary>A fault to inject, as it is asked for over the control API.</summary>
/// <param name="For">As people write durations; null for until it is removed, or half an hour.</param>
public sealed record FaultOrder(string Type, string Target, IReadOnlyDictionary<string, string> Parameters, string? For);

/// <summary>What came of it.</summary>
/// <param name="StandsUntil">When the lab ends it; null when it was over at once.</param>
public sealed record FaultAnswer(Receipt Receipt, DateTimeOffset? StandsUntil);
