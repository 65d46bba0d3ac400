using System.Security.Cryptography;
using System.Text;
using Back2Code.Audit;
using Back2Code.Monitoring.Alerts;
using Back2Code.Monitoring.Notifying;
using Back2Code.Monitoring.Spool;

namespace Back2Code.Monitoring.Incidents;

/// <summary>
/// All active incidents and the latest resolved ones, in memory: the state that notifications change. Deterministic: the same records in the same order
/// give the same incidents with the same ids, so the spool can be replayed. Thread-safe.
/// </summary>
internal sealed partial class IncidentBook(TimeSpan reopenWithin, TimeSpan eventLookback)
{
    public const string DefaultGroup = "platform";

    private const int ResolvedKept = 100;
    private const int EventsKept = 200;
    private const int EndedKept = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, Incident> _incidents = [];
    private readonly Dictionary<Guid, long> _storedRevisions = [];
    private readonly List<PlatformEvent> _events = [];

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

    /// <summary>Alerts known here, active or not: what an attacker or a storm could grow without bound.</summary>
    public int KnownAlerts
    {
        get
        {
            lock (_gate)
            {
                return _latest.Count;
            }
        }
    }

    public bool Knows(string fingerprint)
    {
        lock (_gate)
        {
            return _latest.ContainsKey(fingerprint);
        }
    }

    /// <summary>Alerts that fire as far as we were told, in incidents and outside.</summary>
    public IReadOnlyList<AlertEpisode> ActiveAlerts
    {
        get
        {
            lock (_gate)
            {
                return [.. _latest.Values.Where(l => l.Episode.IsActive).Select(l => l.Episode)];
            }
        }
    }

    /// <summary>Incidents whose latest revision, or what people did to them, is not in PostgreSQL yet, oldest first.</summary>
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

    public Incident? Find(Guid id)
    {
        lock (_gate)
        {
            return _incidents.GetValueOrDefault(id);
        }
    }

    /// <summary>The active incident of a group, or null.</summary>
    public Incident? ActiveOf(string group)
    {
        lock (_gate)
        {
            return _incidents.Values.Where(i => i.Group == group && i.IsActive).MaxBy(i => i.OpenedAt);
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

    /// <returns>The news in it, for the channels.</returns>
    public IReadOnlyList<Notice> Apply(SpoolRecord record)
    {
        lock (_gate)
        {
            Restore_NeedsLock(record);
            if (record.Recorded is { } recorded)
            {
                MarkRecorded_NeedsLock(recorded);
            }

            IReadOnlyList<Notice> news = [];
            if (record.Alerts is { } alerts)
            {
                news = ApplyAlerts_NeedsLock(record, alerts);
            }
            else if (record.Change is { } change)
            {
                news = ApplyChange_NeedsLock(record, change);
            }
            else if (record.Event is { } happened)
            {
                ApplyEvent_NeedsLock(happened, record.Audit);
            }

            DropOld_NeedsLock();
            return news;
        }
    }

    /// <summary>Everything, for the snapshot that begins a segment of the spool.</summary>
    public SpoolRecord Snapshot(Guid id, DateTimeOffset at)
    {
        lock (_gate)
        {
            return new SpoolRecord(id, at, Incidents: [.. _incidents.Values])
            {
                Events = [.. _events],
                Acts = _waitingActs == 0 ? null : Acts_NeedsLock(),
                LooseAlerts = [.. _latest.Values.Where(l => !l.IsListed).Select(l => new LooseAlert(l.Incident, l.Episode))],
            };
        }
    }

    private void Restore_NeedsLock(SpoolRecord record)
    {
        foreach (Incident incident in record.Incidents ?? [])
        {
            if (!_incidents.TryGetValue(incident.Id, out Incident? known) || known.Revision < incident.Revision)
            {
                _incidents[incident.Id] = incident;
                foreach (AlertEpisode episode in incident.Alerts)
                {
                    Remember_NeedsLock(new LatestEpisode(incident.Id, episode, IsListed: true));
                }
            }
        }

        foreach (LooseAlert loose in record.LooseAlerts ?? [])
        {
            Remember_NeedsLock(new LatestEpisode(loose.Incident, loose.Episode, IsListed: false));
        }

        foreach (Act act in record.Acts ?? [])
        {
            Await_NeedsLock(act.Incident, act.Record);
        }

        if (record.Events is { } events)
        {
            _events.Clear();
            _events.AddRange(events);
        }
    }

    private void ApplyEvent_NeedsLock(PlatformEvent happened, AuditRecord? act)
    {
        if (_events.Contains(happened))
        {
            return;
        }

        Await_NeedsLock(null, act);
        _events.Add(happened);
        if (_events.Count > EventsKept)
        {
            _events.RemoveAt(0);
        }

        foreach (Incident incident in _incidents.Values.Where(i => happened.Concerns(i, eventLookback)).ToList())
        {
            _incidents[incident.Id] = IncidentChanges.Tell(incident, happened);
        }
    }

    private Notice[] ApplyChange_NeedsLock(SpoolRecord record, IncidentChange change)
    {
        if (change.Kind == IncidentChangeKind.Open)
        {
            Incident opened = IncidentWork.Open(change, record.ReceivedAt);
            _incidents[opened.Id] = TellEvents_NeedsLock(opened);
            Await_NeedsLock(opened.Id, record.Audit);
            return [new Notice { Id = record.Id, At = record.ReceivedAt, Incident = opened.Id, Severity = opened.Severity, Text = $"Opened by {change.By}: {opened.Title}" }];
        }

        if (!_incidents.TryGetValue(change.Incident, out Incident? incident))
        {
            return [];
        }

        Incident changed = _incidents[incident.Id] = IncidentWork.Apply(incident, change, record.ReceivedAt);
        if (changed.Revision > incident.Revision)
        {
            Await_NeedsLock(changed.Id, record.Audit);
        }

        return changed.Severity > incident.Severity
            ? [new Notice { Id = record.Id, At = record.ReceivedAt, Incident = changed.Id, Severity = changed.Severity, Text = $"{change.By} raised the severity to {IncidentChanges.Text(changed.Severity)}" }]
            : [];
    }

    private Incident TellEvents_NeedsLock(Incident incident) =>
        _events.Where(e => e.Concerns(incident, eventLookback)).Aggregate(incident, IncidentChanges.Tell);

    private void Remember_NeedsLock(LatestEpisode episode)
    {
        string fingerprint = episode.Episode.Fingerprint;
        if (!_latest.TryGetValue(fingerprint, out LatestEpisode? latest) || latest.Episode.StartsAt <= episode.Episode.StartsAt)
        {
            _latest[fingerprint] = episode;
        }
    }

    /// <summary>Derived, not drawn, so that replaying the record gives the same: the record's id names the first, the others come from it.</summary>
    private static Guid Derive(Guid record, string from)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{record:N}/{from}"), hash);

        // RFC 9562 version 8: a UUID whose content is ours to define.
        hash[6] = (byte)((hash[6] & 0x0f) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3f) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }

    private bool IsUnstored_NeedsLock(Incident incident) => _storedRevisions.GetValueOrDefault(incident.Id, -1) < incident.Revision || _acts.ContainsKey(incident.Id);

    /// <summary>Forgets the oldest resolved incidents that PostgreSQL has. What it does not have is kept; the desk refuses notifications before that grows large.</summary>
    private void DropOld_NeedsLock()
    {
        int surplus = _incidents.Values.Count(i => !i.IsActive) - ResolvedKept;
        if (surplus > 0)
        {
            var dropped = _incidents.Values
                .Where(i => !i.IsActive && !IsUnstored_NeedsLock(i))
                .OrderBy(i => i.ResolvedAt).Take(surplus).Select(i => i.Id).ToHashSet();
            foreach (Guid id in dropped)
            {
                _incidents.Remove(id);
                _storedRevisions.Remove(id);
            }

            foreach ((string fingerprint, _) in _latest.Where(l => l.Value.Incident is { } of && dropped.Contains(of)).ToList())
            {
                _latest.Remove(fingerprint);
            }
        }

        if (_latest.Count > EndedKept)
        {
            // Listed or not: the incident keeps its list, and only a repetition of something so old would not be recognised any more.
            var ended = _latest.Values.Where(l => !l.Episode.IsActive).Select(l => l.Episode).ToList();
            foreach (AlertEpisode old in ended.OrderBy(e => e.EndsAt).Take(ended.Count - EndedKept))
            {
                _latest.Remove(old.Fingerprint);
            }
        }
    }

    /// <param name="Incident">Null for an alert that opens none.</param>
    /// <param name="Episode">As it stands now.</param>
    /// <param name="IsListed">True when the incident's list holds it.</param>
    private sealed record LatestEpisode(Guid? Incident, AlertEpisode Episode, bool IsListed);
}
