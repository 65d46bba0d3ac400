using System.Text.Json.Nodes;
using Back2Code.Chaos.Experiments.Documents;
using Back2Code.Chaos.Experiments.Tolerances;

namespace Back2Code.Chaos.Experiments;

/// <summary>A Chaos Toolkit experiment, validated: hypothesis, method, rollbacks, and the file it came from.</summary>
public sealed record Experiment
{
    public required string Title { get; init; }

    public required string Description { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>As written; <see cref="ExperimentScope.ResolveAsync"/> looks up the environment and the dynamic entries.</summary>
    public MappingNode? Configuration { get; init; }

    public MappingNode? Secrets { get; init; }

    public Hypothesis? SteadyState { get; init; }

    public IReadOnlyList<Activity> Method { get; init; } = [];

    public IReadOnlyList<Activity> Rollbacks { get; init; } = [];

    public RollbackStrategy RollbackStrategy { get; init; }

    public HypothesisStrategy HypothesisStrategy { get; init; }

    /// <summary>What goes beyond the format, from the extension <c>back2code</c>.</summary>
    public ExperimentChecks Checks { get; init; } = ExperimentChecks.None;

    /// <summary>Payloads that Chaos Toolkit passes over; a drill's own settings are the one named <c>back2code</c>.</summary>
    public IReadOnlyList<Extension> Extensions { get; init; } = [];

    /// <summary>Parts of the file that have no effect here, each worth a line to its author.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The whole file, for the journal.</summary>
    public required MappingNode Source { get; init; }
}

/// <summary>What must be true before and after the method.</summary>
public sealed record Hypothesis(string Title, IReadOnlyList<Activity> Probes);

/// <summary>An entry of <c>extensions</c>: a name and whatever its owner wrote.</summary>
public sealed record Extension(string Name, MappingNode Payload);

/// <summary>When rollbacks are played.</summary>
public enum RollbackStrategy
{
    /// <summary>Whenever the method has begun. (With <c>--compat</c> as the reference does: not after a failure or an interrupt.)</summary>
    Default,
    Always,
    Deviated,
    Never,
}

/// <summary>When the hypothesis is checked.</summary>
public enum HypothesisStrategy
{
    BeforeAndAfter,
    BeforeOnly,
    AfterOnly,

    /// <summary>Again and again while the method runs, and only then.</summary>
    DuringOnly,

    /// <summary>Before, during and after.</summary>
    Continuously,
    Skip,
}

/// <summary>A probe observes, an action changes something.</summary>
public enum ActivityType
{
    Probe,
    Action,
}

/// <summary>One step of an experiment.</summary>
public sealed record Activity
{
    public required string Name { get; init; }

    public required ActivityType Type { get; init; }

    public required Provider Provider { get; init; }

    /// <summary>What the output must be. In the method only where the extension <c>back2code</c> asks for it: the format ignores it there.</summary>
    public Tolerance? Tolerance { get; init; }

    /// <summary>How long the tolerance may take to be met; null: at once. From the extension <c>back2code</c>.</summary>
    public Patience? Patience { get; init; }

    /// <summary>Skip it (true) or run it (false) whatever the dry mode of the run; null: as the run says.</summary>
    public bool? Dry { get; init; }

    /// <summary>Start it and go on with the next step; it is awaited at the end of the list.</summary>
    public bool Background { get; init; }

    /// <summary>Seconds to wait before and after: a number, or exactly one placeholder.</summary>
    public JsonNode? PauseBefore { get; init; }

    public JsonNode? PauseAfter { get; init; }

    /// <summary>As written, with placeholders, so that no secret reaches the journal through it.</summary>
    public required JsonObject Source { get; init; }
}
