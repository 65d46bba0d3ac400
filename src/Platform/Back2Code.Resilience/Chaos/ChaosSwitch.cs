using System.Collections.Concurrent;

namespace Back2Code.Resilience;

/// <summary>
/// What this process does wrong on purpose at the moment. Each disturbance has a lease of its own and ends with it, so nobody has to live for it to stop.
/// Thread-safe.
/// </summary>
internal sealed class ChaosSwitch : IDisposable
{
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, Standing> _byKind = new(StringComparer.Ordinal);

    /// <param name="time">Whatever clock the service has; leases follow the true one, or a shifted clock would end them early or never.</param>
    public ChaosSwitch(TimeProvider time) => _time = time is SkewableTime skewable ? skewable.True : time;

    /// <summary>The true time.</summary>
    public TimeProvider Clock => _time;

    public DateTimeOffset Now => _time.GetUtcNow();

    /// <summary>Lets a disturbance stand until its lease ends.</summary>
    /// <returns>False when another one of its kind stands.</returns>
    public bool TryStart(Disturbance disturbance)
    {
        lock (_gate)
        {
            if (_byKind.TryGetValue(disturbance.Kind, out var other))
            {
                if (other.IsActive && other.Disturbance.Id != disturbance.Id)
                {
                    return false;
                }

                End_NeedsLock(other);
            }

            disturbance.Begin();
            var standing = new Standing(disturbance);
            _byKind[disturbance.Kind] = standing;
            standing.Lease = _time.CreateTimer(_ => EndOfLease(standing), null, disturbance.EndsAt - _time.GetUtcNow(), Timeout.InfiniteTimeSpan);
            return true;
        }
    }

    /// <summary>The disturbance of this id, standing or the last one of its kind to stand; null when it is unknown here.</summary>
    public Disturbance? Find(string kind, string id) => _byKind.TryGetValue(kind, out var standing) && standing.Disturbance.Id == id ? standing.Disturbance : null;

    /// <summary>Ends a disturbance and forgets it.</summary>
    /// <returns>It, with its counts; null when it is unknown here.</returns>
    public Disturbance? Stop(string kind, string id)
    {
        lock (_gate)
        {
            if (!_byKind.TryGetValue(kind, out var standing) || standing.Disturbance.Id != id)
            {
                return null;
            }

            End_NeedsLock(standing);
            _byKind.TryRemove(kind, out _);
            return standing.Disturbance;
        }
    }

    /// <summary>The disturbance of a kind that stands now, or null.</summary>
    public T? Of<T>(string kind)
        where T : Disturbance =>
        _byKind.TryGetValue(kind, out var standing) && standing.IsActive ? standing.Disturbance as T : null;

    public bool Stands(Disturbance disturbance) => _byKind.TryGetValue(disturbance.Kind, out var standing) && ReferenceEquals(standing.Disturbance, disturbance) && standing.IsActive;

    /// <summary>Everything that stands now.</summary>
    public IReadOnlyList<Disturbance> All() => [.. _byKind.Values.Where(s => s.IsActive).Select(s => s.Disturbance)];

    /// <summary>Ends everything: the process stops.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var standing in _byKind.Values)
            {
                End_NeedsLock(standing);
            }
        }
    }

    private void EndOfLease(Standing standing)
    {
        lock (_gate)
        {
            End_NeedsLock(standing);
        }
    }

    private static void End_NeedsLock(Standing standing)
    {
        if (standing.IsActive)
        {
            standing.IsActive = false;
            standing.Lease?.Dispose();
            standing.Disturbance.End();
        }
    }

    private sealed class Standing(Disturbance disturbance)
    {
        private volatile bool _active = true;

        public Disturbance Disturbance => disturbance;

        public ITimer? Lease { get; set; }

        public bool IsActive
        {
            get => _active;
            set => _active = value;
        }
    }
}
