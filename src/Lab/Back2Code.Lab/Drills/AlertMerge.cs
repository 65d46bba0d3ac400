namespace Back2Code.Lab.Drills;

/// <summary>An unbroken run of samples in which Prometheus had an alert firing.</summary>
internal sealed record FiringInterval(string Name, IReadOnlyDictionary<string, string> Labels, DateTimeOffset From, DateTimeOffset To, bool StillFiring);

/// <summary>Joins monitoring's records with Prometheus' own: what monitoring was told of, plus what fired without anybody being told.</summary>
internal static class AlertMerge
{
    // Samples are a second apart, and an alert's startsAt lies between two of them.
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(3);

    public static IReadOnlyList<DrillAlert> Merge(IReadOnlyList<DrillAlert> received, IReadOnlyList<FiringInterval> intervals)
    {
        var unheard = intervals.Where(interval => !received.Any(alert => IsSame(alert, interval)));
        return
        [
            .. received.Concat(unheard.Select(interval => new DrillAlert
            {
                Name = interval.Name,
                Labels = interval.Labels,
                FiredAt = interval.From,
                ResolvedAt = interval.StillFiring ? null : interval.To,
            })).OrderBy(alert => alert.FiredAt).ThenBy(alert => alert.Name, StringComparer.Ordinal),
        ];
    }

    private static bool IsSame(DrillAlert alert, FiringInterval interval) =>
        alert.Name == interval.Name
        && interval.Labels.All(label => alert.Labels.GetValueOrDefault(label.Key) == label.Value)
        && alert.FiredAt - Slack <= interval.To
        && (alert.ResolvedAt ?? DateTimeOffset.MaxValue - Slack) + Slack >= interval.From;
}
