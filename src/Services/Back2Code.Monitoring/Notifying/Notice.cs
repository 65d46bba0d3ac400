using Back2Code.Monitoring.Alerts;
using Back2Code.Monitoring.Incidents;

namespace Back2Code.Monitoring.Notifying;

/// <summary>News of one incident, or of alerts that belong to none, for the channels: what one record of the spool changed.</summary>
internal sealed record Notice
{
    public required Guid Id { get; init; }

    /// <summary>When it was recorded, the newest of it; its age decides when a channel gives up.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Null for alerts of severity info, which open no incident.</summary>
    public Guid? Incident { get; init; }

    /// <summary>Empty unless something other than alerts is told: an incident opened by hand.</summary>
    public string Text { get => field ?? ""; init; }

    /// <summary>The highest of its alerts.</summary>
    public required Severity Severity { get; init; }

    /// <summary>Episodes that began or ended. An end tells the whole episode.</summary>
    public IReadOnlyList<AlertEpisode> Alerts { get => field ?? []; init; }

    /// <summary>Alerts that a channel no longer lists because it has been stuck for too long. The history and the log have them.</summary>
    public int Omitted { get; init; }

    /// <summary>Two pieces of news of one incident as one, at most <paramref name="alerts"/> of its episodes: the latest word on each, the worst first.</summary>
    public static Notice Merge(Notice older, Notice newer, int alerts)
    {
        var latest = older.Alerts.Concat(newer.Alerts)
            .GroupBy(a => (a.Fingerprint, a.StartsAt)).Select(g => g.Last())
            .OrderByDescending(a => a.Severity).ThenByDescending(a => a.StartsAt).ToList();
        return newer with
        {
            At = older.At > newer.At ? older.At : newer.At,
            Severity = older.Severity > newer.Severity ? older.Severity : newer.Severity,
            Text = newer.Text.Length > 0 ? newer.Text : older.Text,
            Alerts = latest.Count <= alerts ? latest : latest[..alerts],
            Omitted = older.Omitted + newer.Omitted + Math.Max(0, latest.Count - alerts),
        };
    }
}

/// <summary>A channel as it stood when news was recorded, so that replaying the record tells the same channels and no others.</summary>
/// <param name="Name">Stable: it names the channel in the spool and in metrics.</param>
/// <param name="From">The lowest severity that it is told of.</param>
/// <param name="KeepsEverything">False: when it is stuck for long, its oldest news is merged. True: it must get each alert.</param>
internal sealed record Subscription(string Name, Severity From, bool KeepsEverything);

/// <summary>News that some channels have not been told yet.</summary>
internal sealed record PendingNotice(Notice Notice, IReadOnlyList<string> Channels);
