using System.Text.Json.Nodes;

namespace Back2Code.Chaos.Experiments;

/// <summary>What a run is given from outside the file.</summary>
public sealed record ExperimentValues
{
    /// <summary>Configuration; wins over the file's.</summary>
    public IReadOnlyDictionary<string, JsonNode?> Variables { get; init; } = new Dictionary<string, JsonNode?>();

    /// <summary>Secrets by group; each key wins over the file's.</summary>
    public IReadOnlyDictionary<string, JsonObject> Secrets { get; init; } = new Dictionary<string, JsonObject>();

    /// <summary>Values, whatever they are called, that are hidden like secrets.</summary>
    public IReadOnlyList<string> Hidden { get; init; } = [];

    /// <summary>Looks up an environment variable.</summary>
    public Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;
}
