namespace Back2Code.Monitoring.Notifying;

/// <summary>
/// What each channel has still to be told, in order. It is part of the state that the spool restores: deterministic, and bounded for channels that
/// may be away for days. Thread-safe.
/// </summary>
internal sealed class NoticeBoard
{
    // A mail server that is away for a day must cost a few megabytes at most; a digest says as much as 500 mails.
    private const int MaximumPerChannel = 500;
    private const int MaximumAlertsOfDigest = 200;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Queue> _queues = new(StringComparer.Ordinal);

    /// <summary>Alerts that wait for channels that must get each of them.</summary>
    public int WaitingAlerts
    {
        get
        {
            lock (_gate)
            {
                return _queues.Values.Where(q => q.KeepsEverything).Select(q => q.Notices.Sum(n => n.Alerts.Count)).DefaultIfEmpty().Max();
            }
        }
    }

    public int CountOf(string channel)
    {
        lock (_gate)
        {
            return _queues.GetValueOrDefault(channel)?.Notices.Count ?? 0;
        }
    }

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<Notice> Of(string channel)
    {
        lock (_gate)
        {
            return [.. _queues.GetValueOrDefault(channel)?.Notices ?? []];
        }
    }

    public void Add(Notice notice, IEnumerable<Subscription> subscriptions)
    {
        lock (_gate)
        {
            foreach (Subscription subscription in subscriptions.Where(s => notice.Severity >= s.From))
            {
                Queue queue = QueueOf_NeedsLock(subscription.Name, subscription.KeepsEverything);
                queue.Notices.Add(notice);
                if (!queue.KeepsEverything && queue.Notices.Count > MaximumPerChannel)
                {
                    MergeOldest_NeedsLock(queue.Notices);
                }
            }
        }
    }

    public void Done(string channel, IReadOnlyCollection<Guid> notices)
    {
        lock (_gate)
        {
            _queues.GetValueOrDefault(channel)?.Notices.RemoveAll(n => notices.Contains(n.Id));
        }
    }

    /// <summary>Everything that waits, for the snapshot that begins a segment of the spool.</summary>
    public IReadOnlyList<PendingNotice> All
    {
        get
        {
            lock (_gate)
            {
                // By reference: a merged notice has the id of one that another channel still holds unmerged.
                return
                [
                    .. _queues.SelectMany(q => q.Value.Notices.Select(n => (Channel: q.Key, Notice: n)))
                        .GroupBy(p => p.Notice, ReferenceEqualityComparer.Instance)
                        .Select(g => new PendingNotice((Notice)g.Key!, [.. g.Select(p => p.Channel)]))
                        .OrderBy(p => p.Notice.At),
                ];
            }
        }
    }

    public void Restore(IReadOnlyList<PendingNotice> pending, Func<string, bool> keepsEverything)
    {
        lock (_gate)
        {
            _queues.Clear();
            foreach ((Notice notice, IReadOnlyList<string> channels) in pending)
            {
                foreach (string channel in channels)
                {
                    QueueOf_NeedsLock(channel, keepsEverything(channel)).Notices.Add(notice);
                }
            }
        }
    }

    /// <summary>Forgets what waits for channels that no longer exist.</summary>
    public void KeepOnly(IReadOnlyCollection<string> channels)
    {
        lock (_gate)
        {
            foreach (string gone in _queues.Keys.Except(channels).ToList())
            {
                _queues.Remove(gone);
            }
        }
    }

    private Queue QueueOf_NeedsLock(string channel, bool keepsEverything)
    {
        if (!_queues.TryGetValue(channel, out Queue? queue))
        {
            _queues[channel] = queue = new Queue(keepsEverything, []);
        }

        return queue;
    }

    /// <summary>The oldest two of one incident become one; with as many incidents as notices, the oldest two whatever they are about.</summary>
    private static void MergeOldest_NeedsLock(List<Notice> notices)
    {
        int second = 1;
        int first = 0;
        for (int i = 0; i < notices.Count && i < MaximumPerChannel; i++)
        {
            int next = notices.FindIndex(i + 1, n => n.Incident == notices[i].Incident);
            if (next > 0)
            {
                (first, second) = (i, next);
                break;
            }
        }

        notices[second] = Notice.Merge(notices[first], notices[second], MaximumAlertsOfDigest);
        notices.RemoveAt(first);
    }

    private sealed record Queue(bool KeepsEverything, List<Notice> Notices);
}
