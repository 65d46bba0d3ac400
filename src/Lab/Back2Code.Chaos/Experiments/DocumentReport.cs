using Back2Code.Chaos.Experiments.Documents;

namespace Back2Code.Chaos.Experiments;

/// <summary>
/// Collects the errors of one file while it is read. The typed getters report what they miss and return null, so that a reader goes on and
/// the author learns of every error in one run.
/// </summary>
public sealed class DocumentReport(string file)
{
    private readonly List<ExperimentError> errors = [];

    public IReadOnlyList<ExperimentError> Errors => errors;

    public string File { get; } = file;

    public void Add(DocumentNode at, string message) => errors.Add(new ExperimentError(File, at.Line, at.Column, message));

    public void Add(MappingEntry at, string message) => errors.Add(new ExperimentError(File, at.Line, at.Column, message));

    /// <exception cref="InvalidExperimentException">At least one error was reported.</exception>
    public void ThrowIfAny()
    {
        if (errors.Count > 0)
        {
            throw new InvalidExperimentException([.. errors.OrderBy(e => e.Line).ThenBy(e => e.Column)]);
        }
    }

    public MappingNode? AsMap(DocumentNode node, string what)
    {
        if (node is MappingNode map)
        {
            return map;
        }

        Add(node, $"{what} must be a map, not {node.Kind}");
        return null;
    }

    public SequenceNode? AsList(DocumentNode node, string what)
    {
        if (node is SequenceNode list)
        {
            return list;
        }

        Add(node, $"{what} must be a list, not {node.Kind}");
        return null;
    }

    public string? RequiredText(MappingNode map, string key, string what)
    {
        if (map.Find(key) is not { } entry)
        {
            Add(map, $"{what} needs '{key}' (text)");
            return null;
        }

        return NonEmptyText(entry.Value, $"'{key}' of {what}");
    }

    public string? OptionalText(MappingNode map, string key, string what) =>
        map.Find(key) is { } entry ? NonEmptyText(entry.Value, $"'{key}' of {what}") : null;

    public bool OptionalFlag(MappingNode map, string key, bool otherwise, string what)
    {
        switch (map.Find(key)?.Value)
        {
            case null:
                return otherwise;
            case ScalarNode { Value: ScalarValue.Boolean flag }:
                return flag.Value;
            case var other:
                Add(other, $"'{key}' of {what} must be true or false, not {other.Kind}");
                return otherwise;
        }
    }

    public string? NonEmptyText(DocumentNode node, string what)
    {
        if (node is ScalarNode { Value: ScalarValue.Text { Value: var text } } && !string.IsNullOrWhiteSpace(text))
        {
            return text;
        }

        Add(node, node is ScalarNode { Value: ScalarValue.Text } ? $"{what} must not be empty" : $"{what} must be text, not {node.Kind}");
        return null;
    }
}
