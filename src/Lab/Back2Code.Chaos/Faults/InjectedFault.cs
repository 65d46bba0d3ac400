namespace Back2Code.Chaos.Faults;

/// <summary>A fault that stands until it is undone.</summary>
public sealed class InjectedFault
{
    private readonly Func<CancellationToken, Task<UndoReceipt>> _undo;
    private readonly Lock _gate = new();
    private Task<UndoReceipt>? _undoing;

    internal InjectedFault(Receipt receipt, string undoRecordPath, DateTimeOffset leaseExpiresAt, Func<CancellationToken, Task<UndoReceipt>> undo)
    {
        Receipt = receipt;
        UndoRecordPath = undoRecordPath;
        LeaseExpiresAt = leaseExpiresAt;
        _undo = undo;
    }

    public Receipt Receipt { get; }

    /// <summary>The file that heals this fault if its injector dies; gone once undone.</summary>
    public string UndoRecordPath { get; }

    /// <summary>From here on anyone may undo it (<see cref="HealScope.Abandoned"/>).</summary>
    public DateTimeOffset LeaseExpiresAt { get; }

    /// <summary>Undoes the fault and deletes its record. Calling again returns the first answer; after a failure it tries again.</summary>
    public Task<UndoReceipt> UndoAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_undoing is null or { IsFaulted: true } or { IsCanceled: true })
            {
                _undoing = _undo(cancellationToken);
            }

            return _undoing;
        }
    }
}
