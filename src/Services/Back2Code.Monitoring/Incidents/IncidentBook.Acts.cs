using Back2Code.Audit;
using Back2Code.Monitoring.Spool;

namespace Back2Code.Monitoring.Incidents;

/// <summary>What people did and PostgreSQL does not have yet.</summary>
internal sealed partial class IncidentBook
{
    // By incident; those on none under the empty id.
    private readonly Dictionary<Guid, List<AuditRecord>> _acts = [];
    private int _waitingActs;

    public int WaitingActs
    {
        get
        {
            lock (_gate)
            {
                return _waitingActs;
            }
        }
    }

    /// <summary>Those that wait, each incident's in the order in which they were done.</summary>
    public IReadOnlyList<Act> Acts
    {
        get
        {
            lock (_gate)
            {
                return Acts_NeedsLock();
            }
        }
    }

    private IReadOnlyList<Act> Acts_NeedsLock() =>
        [.. _acts.SelectMany(pair => pair.Value.Select(a => new Act(pair.Key == Guid.Empty ? null : pair.Key, a)))];

    private void MarkRecorded_NeedsLock(RecordedActs recorded)
    {
        Guid key = recorded.Incident ?? Guid.Empty;
        if (!_acts.TryGetValue(key, out List<AuditRecord>? waiting))
        {
            return;
        }

        HashSet<Guid> ids = [.. recorded.Acts];
        _waitingActs -= waiting.RemoveAll(a => ids.Contains(a.Id));
        if (waiting.Count == 0)
        {
            _acts.Remove(key);
        }
    }

    private void Await_NeedsLock(Guid? incident, AuditRecord? act)
    {
        if (act is null)
        {
            return;
        }

        Guid key = incident ?? Guid.Empty;
        if (!_acts.TryGetValue(key, out List<AuditRecord>? waiting))
        {
            _acts[key] = waiting = [];
        }

        waiting.Add(act);
        _waitingActs++;
    }
}
