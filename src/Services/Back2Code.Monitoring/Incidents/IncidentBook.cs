using System.Security.Cryptography;
using System.Text;
using Back2Code.Monitoring.Alerts;
using Back2Code.Monitoring.Spool;

namespace Back2Code.Monitoring.Incidents;

/// <summary>
/// All open incidents and the latest resolved ones, in memory: the state that notifications change. Deterministic: the same records in the same order
/// give the same incidents with the same ids, so the spool can be replayed. Thread-safe.
/// </summary>
internal sealed class IncidentBook(TimeSpan reopenWithin)
{
    private const int ResolvedKept = 100;

    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, Incident> _incidents = [];
    private readonly Dictionary<Guid, long> _storedRevisions = [];

    // The latest episode of each alert. It is enough to recognise whatever is repeated or late, without searching all incidents.
    private readonly Dictionary<string, LatestEpisode> _latest = new(StringComparer.Ordinal);

    /// <summary>Everything in memory, newest first.</summary>
    public IReadOnlyList<Incident> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _incidents.Values.OrderByDescending(i => i.OpenedAt).ThenByDescending(i => i.Id)];
            }
        }
    }

    public Incident? Find(Guid id)
    {
        lock (_gate)
        {
            return _incidents.GetValueOrDefault(id);
        }
    }

    /// <summary>Incidents whose latest revision is not in PostgreSQL yet, oldest first.</summary>
    public IReadOnlyList<Incident> Unstored
    {
        get
        {
            lock (_gate)
            {
                return [.. _incidents.Values.Where(IsUnstored_NeedsLock).OrderBy(i => i.OpenedAt)];
            }
        }
    }

    public void MarkStored(Guid id, long revision)
    {
        lock (_gate)
        {
            _storedRevisions[id] = Math.Max(revision, _storedRevisions.GetValueOrDefault(id));
            DropOld_NeedsLock();
        }
    }

    public void Apply(SpoolRecord record)
    {
        lock (_gate)
        {
            foreach (Incident incident in record.Incidents ?? [])
            {
                if (!_incidents.TryGetValue(incident.Id, out Incident? known) || known.Revision < incident.Revision)
                {
                    _incidents[incident.Id] = incident;
                    foreach (AlertEpisode episode in incident.Alerts)
                    {
                        Remember_NeedsLock(incident.Id, episode.Fingerprint, episode.StartsAt, episode.EndsAt);
                    }
                }
            }

            if (record.Alerts is { } alerts)
            {
                ApplyAlerts_NeedsLock(record, alerts);
            }

            DropOld_NeedsLock();
        }
    }

    private void ApplyAlerts_NeedsLock(SpoolRecord record, IReadOnlyList<Alert> alerts)
    {
        var touched = new HashSet<Guid>();

        // First what fires, then what has ended: a notification that says "A ended, B began" must not close the incident in between.
        foreach (Alert alert in alerts.Where(a => a.EndsAt is null))
        {
            Fire_NeedsLock(alert, record, touched);
        }

        foreach (Alert alert in alerts.Where(a => a.EndsAt is not null))
        {
            End_NeedsLock(alert, record, touched);
        }

        foreach (Guid id in touched)
        {
            Incident incident = _incidents[id];
            if (incident.State == IncidentState.Open && !incident.HasActiveAlerts)
            {
                _incidents[id] = IncidentChanges.Resolve(incident, record.ReceivedAt);
            }
        }
    }

    private void Fire_NeedsLock(Alert alert, SpoolRecord record, HashSet<Guid> touched)
    {
        // Active: Alertmanager repeats itself. Ended after this one began: the notification was overtaken by the one that it has ended.
        bool isKnown = _latest.TryGetValue(alert.Fingerprint, out LatestEpisode latest) && (latest.EndsAt is null || alert.StartsAt < latest.EndsAt);
        if (!isKnown)
        {
            Join_NeedsLock(alert, record, touched);
        }
    }

    private void End_NeedsLock(Alert alert, SpoolRecord record, HashSet<Guid> touched)
    {
        DateTimeOffset endsAt = alert.EndsAt!.Value;
        if (!_latest.TryGetValue(alert.Fingerprint, out LatestEpisode latest) || (latest.EndsAt is { } ended && alert.StartsAt >= ended))
        {
            // It began and ended without a word to us in between. That is evidence all the same.
            Join_NeedsLock(alert, record, touched);
            return;
        }

        // Otherwise it has ended already, or this is the end of an episode before the active one: nothing new.
        if (latest.EndsAt is null && endsAt >= latest.StartsAt)
        {
            Incident incident = _incidents[latest.Incident];
            AlertEpisode active = incident.Alerts.FindLast(a => a.IsActive && a.Fingerprint == alert.Fingerprint)!;
            _incidents[incident.Id] = IncidentChanges.End(incident, active, endsAt, record.ReceivedAt);
            _latest[alert.Fingerprint] = latest with { EndsAt = endsAt };
            touched.Add(incident.Id);
        }
    }

    private void Join_NeedsLock(Alert alert, SpoolRecord record, HashSet<Guid> touched)
    {
        string group = GroupOf(alert);
        Incident incident = _incidents.Values
            .Where(i => i.Group == group && Overlaps(i, alert))
            .OrderBy(i => i.State).ThenByDescending(i => i.OpenedAt).FirstOrDefault()
            ?? IncidentChanges.Open(IdFor(record.Id, group, alert), group, alert, record.ReceivedAt);
        if (!IncidentChanges.HasRoom(incident))
        {
            return;
        }

        if (incident.State == IncidentState.Resolved && alert.EndsAt is null)
        {
            incident = IncidentChanges.Reopen(incident, alert, record.ReceivedAt);
        }

        _incidents[incident.Id] = IncidentChanges.Add(incident, alert, record.ReceivedAt);
        Remember_NeedsLock(incident.Id, alert.Fingerprint, alert.StartsAt, alert.EndsAt);
        touched.Add(incident.Id);
    }

    private void Remember_NeedsLock(Guid incident, string fingerprint, DateTimeOffset startsAt, DateTimeOffset? endsAt)
    {
        if (!_latest.TryGetValue(fingerprint, out LatestEpisode latest) || latest.StartsAt <= startsAt)
        {
            _latest[fingerprint] = new LatestEpisode(incident, startsAt, endsAt);
        }
    }

    private bool Overlaps(Incident incident, Alert alert) => incident.ResolvedAt is not { } resolvedAt
        || (alert.StartsAt <= resolvedAt + reopenWithin && (alert.EndsAt ?? DateTimeOffset.MaxValue) >= incident.OpenedAt);

    /// <summary>Everything is one group unless a rule says otherwise: on one platform, alerts at one time are one outage until somebody knows better.</summary>
    private static string GroupOf(Alert alert) => alert.Labels.GetValueOrDefault("incident_group") is { Length: > 0 } group ? group : "platform";

    /// <summary>Derived, not drawn, so that replaying the record opens the same incident: the record's id names it, unless the record opens several.</summary>
    private Guid IdFor(Guid record, string group, Alert alert)
    {
        if (!_incidents.ContainsKey(record))
        {
            return record;
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{record:N}/{group}/{alert.Fingerprint}/{alert.StartsAt:O}"), hash);

        // RFC 9562 version 8: a UUID whose content is ours to define.
        hash[6] = (byte)((hash[6] & 0x0f) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3f) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }

    private bool IsUnstored_NeedsLock(Incident incident) => _storedRevisions.GetValueOrDefault(incident.Id, -1) < incident.Revision;

    /// <summary>Forgets the oldest resolved incidents that PostgreSQL has. What it does not have is kept; the desk refuses notifications before that grows large.</summary>
    private void DropOld_NeedsLock()
    {
        int surplus = _incidents.Values.Count(i => i.State == IncidentState.Resolved) - ResolvedKept;
        if (surplus <= 0)
        {
            return;
        }

        foreach (Incident old in _incidents.Values
            .Where(i => i.State == IncidentState.Resolved && !IsUnstored_NeedsLock(i))
            .OrderBy(i => i.ResolvedAt).Take(surplus).ToList())
        {
            _incidents.Remove(old.Id);
            _storedRevisions.Remove(old.Id);
            foreach (AlertEpisode episode in old.Alerts)
            {
                if (_latest.TryGetValue(episode.Fingerprint, out LatestEpisode latest) && latest.Incident == old.Id)
                {
                    _latest.Remove(episode.Fingerprint);
                }
            }
        }
    }

    private readonly record struct LatestEpisode(Guid Incident, DateTimeOffset StartsAt, DateTimeOffset? EndsAt);
}
