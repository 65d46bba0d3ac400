namespace Back2Code.Chaos.Faults;

/// <summary>Proof that a fault took place. Everything in it was measured on the target, never derived from what was asked for.</summary>
/// <param name="InjectedAt">Just before the first act on the target.</param>
/// <param name="ObservedAt">When the effect was seen on every target, or when watching ended.</param>
/// <param name="Observations">For example "postgres: pid 4711 was gone 2 ms after SIGKILL".</param>
/// <param name="Observed">Whether the effect was seen on every target. A drill whose fault was not observed proves nothing.</param>
public sealed record Receipt(
    string FaultId,
    string Type,
    string Target,
    DateTimeOffset InjectedAt,
    DateTimeOffset ObservedAt,
    IReadOnlyList<string> Observations,
    bool Observed);

/// <summary>What undoing a fault did, and what it left in total ("48,213 bytes dropped").</summary>
public sealed record UndoReceipt(string FaultId, DateTimeOffset UndoneAt, IReadOnlyList<string> Observations);
