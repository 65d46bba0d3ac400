namespace Back2Code.Chaos.Faults;

/// <summary>One injection: which platform, what of it, how, for how long.</summary>
public sealed record FaultContext
{
    public required IFaultTarget Platform { get; init; }

    /// <summary>Name of a process or link; <c>*</c> stands for any run of characters.</summary>
    public required string Target { get; init; }

    /// <summary>As in the drill file: durations as <c>3s</c> or <c>200ms</c>, numbers plain.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// How long the disturbance is meant to stand; null means until undone. Whoever injects undoes it at that time: the fault itself only
    /// uses the value for the lease in its undo record.
    /// </summary>
    public TimeSpan? For { get; init; }

    /// <summary>Whether whoever injects may do what only root may.</summary>
    public bool IsRoot { get; init; } = Environment.IsPrivilegedProcess;

    /// <summary>Names the undo record and the toxics; letters, digits and dashes. Time-ordered by default.</summary>
    public string FaultId { get; init; } = Guid.CreateVersion7().ToString("n");
}
