namespace Back2Code.Resilience;

/// <summary>
/// What a process must have done once before it takes traffic: migrations, first load of keys, and the like.
/// <c>/health/startup</c> and <c>/health/ready</c> answer 503 and name the open parts until all are complete. Thread-safe.
/// </summary>
public sealed class StartupGate
{
    private readonly Lock _gate = new();
    private readonly List<StartupPart> _parts = [];

    /// <summary>Adds a part that must complete. Call it from a constructor, not from a background loop, or the gate is open for a moment.</summary>
    /// <param name="name">Shown in the health body, for example "migrations".</param>
    /// <returns>The handle on which <see cref="StartupPart.Complete"/> is called when the part is done.</returns>
    public StartupPart Register(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        var part = new StartupPart(name);
        lock (_gate)
        {
            _parts.Add(part);
        }

        return part;
    }

    /// <summary>True when every registered part is complete; true also when nothing was registered.</summary>
    public bool IsComplete
    {
        get
        {
            lock (_gate)
            {
                return _parts.TrueForAll(static part => part.IsComplete);
            }
        }
    }

    /// <summary>All registered parts, complete or not, in the order of registration.</summary>
    public IReadOnlyList<StartupPart> Parts
    {
        get
        {
            lock (_gate)
            {
                return [.. _parts];
            }
        }
    }
}

/// <summary>One part of the start-up. Thread-safe; once complete it stays complete.</summary>
public sealed class StartupPart
{
    private volatile bool _complete;
    private volatile string? _detail;

    internal StartupPart(string name) => Name = name;

    /// <summary>The name given at registration.</summary>
    public string Name { get; }

    /// <summary>Whether <see cref="Complete"/> was called.</summary>
    public bool IsComplete => _complete;

    /// <summary>What the part waits for at the moment, or null.</summary>
    public string? Detail => _detail;

    /// <summary>Tells what the part waits for ("PostgreSQL does not answer"); shown in the health body until the part completes. No secrets.</summary>
    public void Report(string waitingFor) => _detail = waitingFor;

    /// <summary>Marks the part as done. Calling it again changes nothing.</summary>
    public void Complete()
    {
        _complete = true;
        _detail = null;
    }
}
