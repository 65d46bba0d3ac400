namespace Back2Code.Data;

/// <summary>A write that Redis may not have heard of.</summary>
/// <param name="Version">The version written.</param>
/// <param name="Removed">Whether the write removed the key.</param>
internal readonly record struct PendingInvalidation(long Version, bool Removed);

/// <summary>
/// Keys whose last write could not be told to Redis, at most so many; beyond that it only remembers that there were too many. Thread-safe.
/// </summary>
internal sealed class PendingInvalidations(int capacity)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, PendingInvalidation> _keys = new(StringComparer.Ordinal);
    private bool _overflowed;
    private volatile bool _any;

    /// <summary>Whether anything must be applied before the cache may be read. Cheap.</summary>
    public bool Any => _any;

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _keys.Count;
            }
        }
    }

    public void Add(string key, PendingInvalidation write)
    {
        lock (_gate)
        {
            _any = true;
            if (_overflowed)
            {
                return;
            }

            if (_keys.TryGetValue(key, out var known))
            {
                if (write.Version > known.Version || (write.Version == known.Version && write.Removed))
                {
                    _keys[key] = write;
                }
            }
            else if (_keys.Count < capacity)
            {
                _keys.Add(key, write);
            }
            else
            {
                _overflowed = true;
                _keys.Clear();
            }
        }
    }

    public (bool Overflowed, KeyValuePair<string, PendingInvalidation>[] Writes) Snapshot()
    {
        lock (_gate)
        {
            return (_overflowed, [.. _keys]);
        }
    }

    /// <summary>Forgets what was applied, unless a later write has taken its place meanwhile.</summary>
    public void Forget(ReadOnlySpan<KeyValuePair<string, PendingInvalidation>> applied)
    {
        lock (_gate)
        {
            foreach (var (key, write) in applied)
            {
                if (_keys.TryGetValue(key, out var now) && now == write)
                {
                    _keys.Remove(key);
                }
            }

            _any = _overflowed || _keys.Count > 0;
        }
    }

    /// <summary>Begins anew before the whole cache is invalidated: what is added from now on counts again.</summary>
    public void ForgetOverflow()
    {
        lock (_gate)
        {
            _overflowed = false;
            _any = _keys.Count > 0;
        }
    }

    public void Overflow()
    {
        lock (_gate)
        {
            _overflowed = true;
            _any = true;
            _keys.Clear();
        }
    }
}
