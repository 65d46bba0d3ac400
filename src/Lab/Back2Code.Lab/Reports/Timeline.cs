using Back2Code.Lab.Drills;

namespace Back2Code.Lab.Reports;

/// <summary>Who an event of the timeline belongs to; reports colour by it.</summary>
internal enum TimelineKind
{
    Drill,
    Fault,
    Users,
    Signal,
    Recovery,
}

/// <summary>One line of the timeline.</summary>
internal sealed record TimelineEntry(DateTimeOffset At, TimelineKind Kind, string Text)
{
    /// <summary>Everything with a time of its own in the record, in order.</summary>
    public static IReadOnlyList<TimelineEntry> Of(DrillRecord record) =>
        [.. Phases(record).Concat(Faults(record)).Concat(Users(record)).Concat(Alerts(record)).OrderBy(entry => entry.At).ThenBy(entry => entry.Kind)];

    private static IEnumerable<TimelineEntry> Phases(DrillRecord record)
    {
        foreach (var phase in record.Phases.Where(p => p.Phase is DrillPhase.Platform or DrillPhase.WarmUp or DrillPhase.SteadyState or DrillPhase.Verify))
        {
            yield return new TimelineEntry(phase.EndedAt, TimelineKind.Drill, $"{PhaseNames.Of(phase.Phase)}: {phase.Outcome}");
        }

        if (record.SteadyAt is { } steady)
        {
            yield return new TimelineEntry(steady, TimelineKind.Recovery, $"the hypothesis holds again: \"{record.Drill.Experiment.SteadyState?.Title}\"");
        }
    }

    private static IEnumerable<TimelineEntry> Faults(DrillRecord record)
    {
        foreach (var receipt in record.Receipts)
        {
            yield return new TimelineEntry(receipt.InjectedAt, TimelineKind.Fault, $"{receipt.Type} on {receipt.Target}");
            yield return new TimelineEntry(receipt.ObservedAt, TimelineKind.Fault, receipt.Observations.Count > 0 ? string.Join("; ", receipt.Observations) : "no effect was seen on the target");
        }

        foreach (var undone in record.Undone)
        {
            var what = record.Receipts.Find(r => r.FaultId == undone.FaultId);
            yield return new TimelineEntry(undone.UndoneAt, TimelineKind.Fault, $"{what?.Type} on {what?.Target} is over{(undone.Observations.Count > 0 ? $": {string.Join("; ", undone.Observations)}" : "")}");
        }
    }

    private static IEnumerable<TimelineEntry> Users(DrillRecord record)
    {
        if (record.Traffic is not { Failed: > 0 } traffic)
        {
            yield break;
        }

        if (traffic.FirstFailureAt is { } first)
        {
            yield return new TimelineEntry(first, TimelineKind.Users, "first failed request");
        }

        if (traffic.LastFailureAt is { } last)
        {
            yield return new TimelineEntry(last, TimelineKind.Users, FormattableString.Invariant($"last of {traffic.Failed:#,0} failed requests"));
        }

        if (traffic.RecoveredAt is { } recovered)
        {
            yield return new TimelineEntry(recovered, TimelineKind.Recovery, "users are served again: every kind of request that had failed has succeeded");
        }
    }

    private static IEnumerable<TimelineEntry> Alerts(DrillRecord record)
    {
        var told = new HashSet<string>();
        foreach (var alert in record.Alerts)
        {
            var name = alert.Instance is { } instance ? $"{alert.Name} ({instance})" : alert.Name;
            yield return new TimelineEntry(alert.FiredAt, TimelineKind.Signal, $"{name} fires{(alert.ReceivedAt is null ? ", and no notification of it is on record" : "")}");
            if (alert.ReceivedAt is { } received)
            {
                yield return new TimelineEntry(received, TimelineKind.Signal, $"{name} reaches monitoring{(alert.Incident is { } incident && told.Add(incident) ? $", which files it under the incident \"{incident}\"" : "")}");
            }

            if (alert.ResolvedAt is { } resolved)
            {
                yield return new TimelineEntry(resolved, TimelineKind.Recovery, $"{name} is resolved");
            }
        }
    }
}
