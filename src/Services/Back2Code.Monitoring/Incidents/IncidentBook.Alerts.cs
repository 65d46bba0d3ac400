using Back2Code.Monitoring.Alerts;
using Back2Code.Monitoring.Notifying;
using Back2Code.Monitoring.Spool;

namespace Back2Code.Monitoring.Incidents;

/// <summary>What a notification does to the book.</summary>
internal sealed partial class IncidentBook
{
    private Notice[] ApplyAlerts_NeedsLock(SpoolRecord record, IReadOnlyList<Alert> alerts)
    {
        var news = new Dictionary<Guid, List<AlertEpisode>>();

        // First what fires, then what has ended: a notification that says "A ended, B began" must not close the incident in between.
        foreach (Alert alert in alerts.Where(a => a.EndsAt is null))
        {
            Fire_NeedsLock(alert, record, news);
        }

        foreach (Alert alert in alerts.Where(a => a.EndsAt is not null))
        {
            End_NeedsLock(alert, record, news);
        }

        foreach (Guid id in news.Keys.Where(id => id != Guid.Empty))
        {
            // Who opened it by hand decides when it is over; alerts may not even know of it.
            Incident incident = _incidents[id];
            if (incident is { IsActive: true, OpenedBy: null, HasActiveAlerts: false } && !HasLoose_NeedsLock(id))
            {
                DateTimeOffset? lastUnlisted = _latest.Values.Where(l => !l.IsListed && l.Incident == id).Max(l => l.Episode.EndsAt);
                _incidents[id] = IncidentChanges.Resolve(incident, lastUnlisted, record.ReceivedAt);
            }
        }

        return [.. news.Select((pair, i) => new Notice
        {
            Id = i == 0 ? record.Id : Derive(record.Id, pair.Key.ToString("N")),
            At = record.ReceivedAt,
            Incident = pair.Key == Guid.Empty ? null : pair.Key,
            Severity = pair.Value.Max(a => a.Severity),
            Alerts = pair.Value,
        })];
    }

    private void Fire_NeedsLock(Alert alert, SpoolRecord record, Dictionary<Guid, List<AlertEpisode>> news)
    {
        // Active: Alertmanager repeats itself. Ended after this one began: the notification was overtaken by the one that it has ended.
        bool isKnown = _latest.TryGetValue(alert.Fingerprint, out LatestEpisode? latest)
            && (latest.Episode.EndsAt is not { } ended || alert.StartsAt < ended || IsSame(latest.Episode, alert));
        if (!isKnown)
        {
            Join_NeedsLock(alert, record, news);
        }
    }

    private void End_NeedsLock(Alert alert, SpoolRecord record, Dictionary<Guid, List<AlertEpisode>> news)
    {
        DateTimeOffset endsAt = alert.EndsAt!.Value;
        if (!_latest.TryGetValue(alert.Fingerprint, out LatestEpisode? latest)
            || (latest.Episode.EndsAt is { } ended && alert.StartsAt >= ended && !IsSame(latest.Episode, alert)))
        {
            // It began and ended without a word to us in between. That is evidence all the same.
            Join_NeedsLock(alert, record, news);
            return;
        }

        // Otherwise it has ended already, or this is the end of an episode before the active one: nothing new. The start as its sender wrote it
        // says which episode is meant even when our clock has been set in between.
        AlertEpisode active = latest.Episode;
        if (!active.IsActive || (endsAt < active.StartsAt && !IsSame(active, alert)))
        {
            return;
        }

        AlertEpisode over = active with { EndsAt = endsAt < active.StartsAt ? active.StartsAt : endsAt, ResolvedReceivedAt = record.ReceivedAt };
        _latest[alert.Fingerprint] = latest with { Episode = over };
        if (latest.IsListed)
        {
            Incident incident = _incidents[latest.Incident!.Value];
            AlertEpisode listed = incident.Alerts.Last(a => a.IsActive && a.Fingerprint == alert.Fingerprint);
            _incidents[incident.Id] = IncidentChanges.End(incident, listed, over);
        }

        Tell(news, latest.Incident, over);
    }

    private void Join_NeedsLock(Alert alert, SpoolRecord record, Dictionary<Guid, List<AlertEpisode>> news)
    {
        AlertEpisode episode = AlertEpisode.Of(alert, record.ReceivedAt);
        if (_latest.TryGetValue(alert.Fingerprint, out LatestEpisode? latest) && latest.Episode.StartsAt == episode.StartsAt)
        {
            // Two starts ahead of our clock, both cut to now. They are two all the same, and PostgreSQL tells episodes apart by their start.
            DateTimeOffset next = episode.StartsAt.AddMicroseconds(1);
            episode = episode with { StartsAt = next, EndsAt = episode.EndsAt < next ? next : episode.EndsAt };
        }

        if (alert.Severity == Severity.Info)
        {
            // Worth keeping, not worth anybody's attention.
            Remember_NeedsLock(new LatestEpisode(null, episode, IsListed: false));
            Tell(news, null, episode);
            return;
        }

        Incident incident = FindOrOpen_NeedsLock(alert, record);
        if (incident.Alerts.Any(a => a.Fingerprint == alert.Fingerprint && IsSame(a, alert)))
        {
            // It ended so long ago that only the incident's list still knows it.
            return;
        }

        if (incident.State == IncidentState.Resolved && episode.IsActive)
        {
            incident = IncidentChanges.Reopen(incident, alert, record.ReceivedAt);
        }

        bool hasRoom = IncidentChanges.HasRoom(incident);
        if (IncidentChanges.Evicted(incident) is { } evicted && _latest.TryGetValue(evicted.Fingerprint, out LatestEpisode? known) && known.Episode == evicted)
        {
            _latest[evicted.Fingerprint] = known with { IsListed = false };
        }

        _incidents[incident.Id] = hasRoom
            ? IncidentChanges.Add(incident, episode, record.ReceivedAt)
            : IncidentChanges.Raise(incident, episode, record.ReceivedAt);
        Remember_NeedsLock(new LatestEpisode(incident.Id, episode, hasRoom));
        Tell(news, incident.Id, episode);
    }

    private Incident FindOrOpen_NeedsLock(Alert alert, SpoolRecord record)
    {
        string group = GroupOf(alert);
        Incident? known = _incidents.Values
            .Where(i => i.Group == group && i.State != IncidentState.Reviewed && Overlaps(i, alert))
            .OrderBy(i => !i.IsActive).ThenByDescending(i => i.OpenedAt).FirstOrDefault();
        if (known is not null)
        {
            return known;
        }

        Guid id = _incidents.ContainsKey(record.Id) ? Derive(record.Id, $"{group}/{alert.Fingerprint}/{alert.StartsAt:O}") : record.Id;
        return TellEvents_NeedsLock(IncidentChanges.Open(id, group, alert, record.ReceivedAt));
    }

    private bool Overlaps(Incident incident, Alert alert) => incident.ResolvedAt is not { } resolvedAt
        || (alert.StartsAt <= resolvedAt + reopenWithin && (alert.EndsAt ?? DateTimeOffset.MaxValue) >= incident.OpenedAt);

    private bool HasLoose_NeedsLock(Guid incident) => _latest.Values.Any(l => l is { IsListed: false, Episode.IsActive: true } && l.Incident == incident);

    /// <summary>Everything is one group unless a rule says otherwise: on one platform, alerts at one time are one outage until somebody knows better.</summary>
    private static string GroupOf(Alert alert) => alert.Labels.GetValueOrDefault("incident_group") is { Length: > 0 } group ? group : DefaultGroup;

    private static bool IsSame(AlertEpisode episode, Alert alert) => alert.ClaimedStart is { } claimed && claimed == episode.ClaimedStart;

    private static void Tell(Dictionary<Guid, List<AlertEpisode>> news, Guid? incident, AlertEpisode episode)
    {
        Guid key = incident ?? Guid.Empty;
        if (!news.TryGetValue(key, out List<AlertEpisode>? told))
        {
            news[key] = told = [];
        }

        told.Add(episode);
    }
}
