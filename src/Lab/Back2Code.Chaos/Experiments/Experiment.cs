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

/// <summary>When rollbacks are played. Unlike the reference, which skips them after failures and interrupts, the default plays them always.</summary>
public enum RollbackStrategy
{
    Always,
    Deviated,
    Never,
}

/// <summary>When the hypothesis is checked. The strategies that check during the method are not supported.</summary>
public enum HypothesisStrategy
{
    BeforeAndAfter,
    BeforeOnly,
    AfterOnly,
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

    /// <summary>What the output of a hypothesis probe must be; null elsewhere, where the format ignores it.</summary>
    public Tolerance? Tolerance { get; init; }

    /// <summary>Start it and go on with the next step; it is awaited at the end of the list.</summary>
    public bool Background { get; init; }

    /// <summary>Seconds to wait before and after: a number, or exactly one placeholder.</summary>
    public JsonNode? PauseBefore { get; init; }

    public JsonNode? PauseAfter { get; init; }

    /// <summary>As written, with placeholders, so that no secret reaches the journal through it.</summary>
    public required JsonObject Source { get; init; }
}

/// <summary>How an activity is carried out.</summary>
public abstract record Provider
{
    private protected Provider()
    {
    }

    /// <summary>Names of the secret groups that its placeholders may use.</summary>
    public IReadOnlyList<string> Secrets { get; init; } = [];
}

/// <summary>A call over HTTP. Any status is a success of the call; its tolerance judges the status.</summary>
public sealed record HttpProvider : Provider
{
    public required string Url { get; init; }

    public string Method { get; init; } = "GET";

    public JsonObject? Headers { get; init; }

    public JsonNode? Arguments { get; init; }

    /// <summary>Seconds: a number, a placeholder, or [connect, read], of which the sum counts.</summary>
    public JsonNode? Timeout { get; init; }

    public bool VerifyTls { get; init; } = true;

    public int MaxRetries { get; init; }
}

/// <summary>A program run to its end. Any exit code is a success of the run; its tolerance judges the code.</summary>
public sealed record ProcessProvider : Provider
{
    public required string Path { get; init; }

    /// <summary>Text goes through the shell; a list is passed as it is; a map is flattened to key, value, key, value.</summary>
    public JsonNode? Arguments { get; init; }

    public JsonNode? Timeout { get; init; }
}
