namespace Back2Code.Chaos.Faults.Servers;

/// <summary>One injection on a server, checked and looked up in full before anything is touched.</summary>
internal sealed record FaultPlan
{
    /// <summary>How to undo it; empty for what happens once and leaves nothing behind.</summary>
    public IReadOnlyList<UndoStep> Undo { get; init; } = [];

    /// <summary>Acts and watches until the effect is seen on the server.</summary>
    public required Func<CancellationToken, Task<Evidence>> Act { get; init; }

    /// <summary>What the fault did in total, asked just before it is undone.</summary>
    public Func<CancellationToken, Task<IReadOnlyList<string>>>? SumUp { get; init; }

    /// <summary>
    /// What holds the fault up from inside this process, such as sessions or a loop. Should this process die, it goes too, and the fault with it;
    /// the undo steps end on the server whatever a process that is only slow still holds.
    /// </summary>
    public IAsyncDisposable? Standing { get; init; }
}
