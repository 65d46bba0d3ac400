using Back2Code.Chaos.Faults;
using Back2Code.Chaos.Proxy;
using Back2Code.Lab.Drills;
using Back2Code.Lab.Supervision;

namespace Back2Code.Lab.GameDays;

/// <summary>The end of a game day: what was broken is taken back, what the operator left behind is found, the ledger is verified and the alerts are given to their rounds.</summary>
internal sealed class GameDayEnd(IDrillPlatform platform, GameDayRecord record, TrafficOrder order, DrillTimes times, TimeProvider clock)
{
    private static readonly TimeSpan LedgerPatience = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);

    private readonly List<InjectedFault> _standing = [];

    /// <summary>What is to be taken back.</summary>
    public void Add(InjectedFault fault) => _standing.Add(fault);

    /// <summary>Whatever of the end can be had goes into the record; what cannot is noted there.</summary>
    /// <param name="traffic">Null when it never began.</param>
    public async Task CompleteAsync(ITrafficRun? traffic, GameDayBook book, CancellationToken cancellationToken)
    {
        await NoteAsync("what was broken could not all be taken back; `back2code heal` does so", () => UndoAsync(cancellationToken));
        await NoteAsync("what was left behind could not be looked at", async () =>
        {
            await PlatformCalm.AwaitAsync(platform, clock, cancellationToken);
            await FindCollateralAsync(cancellationToken);
        });
        if (traffic is not null)
        {
            await NoteAsync("the ledger could not be verified", () => VerifyAsync(traffic));
        }

        record.Acts = book.Acts;
        record.EndedAt = clock.GetUtcNow();
        using var moment = new CancellationTokenSource(times.CleanUp, clock);
        await CollectAlertsAsync(moment.Token);
    }

    /// <summary>Takes everything back that stands, trying again until the token says stop.</summary>
    public async Task UndoAsync(CancellationToken cancellationToken)
    {
        foreach (var fault in _standing.ToList())
        {
            while (_standing.Contains(fault))
            {
                try
                {
                    await fault.UndoAsync(cancellationToken);
                    _standing.Remove(fault);
                }
                catch (Exception e) when (e is FaultException or ToxiproxyException or LabException or IOException || PlatformCalm.IsNoAnswer(e, cancellationToken))
                {
                    // A target that is just starting is worth another try. When time is over, the record stays and the next command heals it.
                    await Task.Delay(Poll, clock, cancellationToken);
                }
            }
        }
    }

    private async Task VerifyAsync(ITrafficRun traffic)
    {
        record.Traffic = await traffic.StopAsync(CancellationToken.None);
        record.Seconds = traffic.Seconds;
        using var patience = new CancellationTokenSource(LedgerPatience, clock);
        var check = await platform.VerifyLedgerAsync(order, times.VerifyPatience, _ => { }, patience.Token);
        record.Ledger = check.Verdict;
        if (check.Verdict is null)
        {
            throw new LabException(check.Complaint ?? "no verdict");
        }
    }

    /// <summary>One part of the end that fails must not cost the others.</summary>
    private async Task NoteAsync(string what, Func<Task> part)
    {
        try
        {
            await part();
        }
        catch (Exception e)
        {
            record.Notes.Add($"{char.ToUpperInvariant(what[0])}{what[1..]}: {e.Message}");
        }
    }

    private async Task CollectAlertsAsync(CancellationToken cancellationToken)
    {
        if (record.Rounds.Count == 0)
        {
            return;
        }

        try
        {
            var alerts = await platform.ListReceivedAsync(record.Rounds[0].InjectedAt, cancellationToken);
            for (var i = 0; i < record.Rounds.Count; i++)
            {
                var round = record.Rounds[i];
                var until = i + 1 < record.Rounds.Count ? record.Rounds[i + 1].InjectedAt : DateTimeOffset.MaxValue;
                record.Rounds[i] = round with { Alerts = [.. alerts.Where(a => a.FiredAt >= round.InjectedAt && a.FiredAt < until)] };
            }
        }
        catch (Exception e) when (e is HttpRequestException or System.Text.Json.JsonException or OperationCanceledException)
        {
            record.Notes.Add($"The alerts could not be read: {e.Message}");
            for (var i = 0; i < record.Rounds.Count; i++)
            {
                record.Rounds[i] = record.Rounds[i] with { Alerts = null };
            }
        }
    }

    private async Task FindCollateralAsync(CancellationToken cancellationToken)
    {
        record.Collateral.AddRange((await platform.ListUnreadyAsync(cancellationToken)).Select(process => $"{process} is not ready at the end"));
        var answer = await platform.AskAsync("servers taken out", "sum(haproxy_server_status{state=~\"DRAIN|MAINT\"})", cancellationToken);
        for (var taken = answer.Single ?? 0; taken > 0; taken--)
        {
            record.Collateral.Add("a server is still taken out at the gateway");
        }
    }
}
