using System.Text.Json.Nodes;

namespace Back2Code.Chaos.Experiments.Reports;

/// <summary>What a report needs of a journal, with secrets hidden.</summary>
public sealed record JournalView
{
    public required string Title { get; init; }

    public required string Description { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    public IReadOnlyDictionary<string, string> Contributions { get; init; } = new Dictionary<string, string>();

    /// <summary>Title of the hypothesis; null without one.</summary>
    public string? Hypothesis { get; init; }

    /// <summary>The dry mode of the run, if it was one.</summary>
    public string? Dry { get; init; }

    public required string Status { get; init; }

    public bool Deviated { get; init; }

    /// <summary>Of the library that wrote it.</summary>
    public string? Version { get; init; }

    public string? Platform { get; init; }

    public string? Node { get; init; }

    public DateTimeOffset? Start { get; init; }

    public DateTimeOffset? End { get; init; }

    public TimeSpan? Duration { get; init; }

    public JournalState? Before { get; init; }

    public JournalState? After { get; init; }

    public IReadOnlyList<JournalState> During { get; init; } = [];

    public IReadOnlyList<JournalEntry> Run { get; init; } = [];

    public IReadOnlyList<JournalEntry> Rollbacks { get; init; } = [];

    /// <summary>Ours alone: the strict verdict.</summary>
    public string? Verdict { get; init; }

    /// <summary>Ours alone.</summary>
    public string? Reason { get; init; }

    /// <summary>Ours alone: from the end of the rollbacks.</summary>
    public double? SecondsToSteadyState { get; init; }

    /// <summary>One line that says how it ended.</summary>
    public string Ending =>
        Verdict is { } verdict ? Reason is null ? verdict : $"{verdict}: {Reason}"
        : Before is { Met: false } ? "The steady state was not met, so the method was not run."
        : Deviated ? "The steady state has deviated; a weakness may have been found."
        : Status == "completed" ? "The steady state held."
        : $"The run is {Status}.";
}

/// <summary>One check of the hypothesis.</summary>
/// <param name="Met">Null when it did not come to an end.</param>
/// <param name="Probes">Those that ran.</param>
public sealed record JournalState(bool? Met, IReadOnlyList<JournalEntry> Probes);

/// <summary>One activity that was run.</summary>
public sealed record JournalEntry
{
    public required string Name { get; init; }

    public required string Type { get; init; }

    /// <summary>Its kind and what it was pointed at, as written.</summary>
    public required string Provider { get; init; }

    public bool Background { get; init; }

    public string? Tolerance { get; init; }

    public required string Status { get; init; }

    public bool? ToleranceMet { get; init; }

    public DateTimeOffset? Start { get; init; }

    public DateTimeOffset? End { get; init; }

    public JsonNode? Output { get; init; }

    public IReadOnlyList<string> Exception { get; init; } = [];
}
