using Back2Code.Chaos.Experiments.Documents;

namespace Back2Code.Chaos.Experiments;

/// <summary>
/// Collects the errors of one file while it is read. The typed getters report what they miss and return null, so that a reader goes on and
/// the author learns of every error in one run.
/// </summary>
public sealed class DocumentReport(string file)
{
    // Nobody reads more; a hostile file can have a hundred thousand.
    private const int MaxErrors = 200;

    private readonly List<ExperimentError> _errors = [];
    private int _more;

    public IReadOnlyList<ExperimentError> Errors => _errors;

    /// <summary>Whether one of them stands even when the file is to be run without validation: a lack of permission, or values that no run could do without.</summary>
    internal bool HasBinding { get; private set; }

    public string File { get; } = file;

    public void Add(DocumentNode at, string message) => Add(at.Line, at.Column, message);

    /// <summary>An error that nobody can lift.</summary>
    internal void AddBinding(DocumentNode at, string message)
    {
        HasBinding = true;
        Add(at, message);
    }

    /// <summary>Makes every error that the reader reports one that nobody can lift.</summary>
    internal T Bind<T>(Func<T> read)
    {
        var before = _errors.Count + _more;
        var result = read();
        HasBinding |= _errors.Count + _more > before;
        return result;
    }

    internal void Bind(Action read) => Bind(() =>
    {
        read();
        return true;
    });

    public void Add(MappingEntry at, string message) => Add(at.Line, at.Column, message);

    /// <exception cref="InvalidExperimentException">At least one error was reported.</exception>
    public void ThrowIfAny()
    {
        if (_errors.Count > 0)
        {
            var ordered = _errors.OrderBy(e => e.Line).ThenBy(e => e.Column).ToList();
            if (_more > 0)
            {
                ordered.Add(ordered[^1] with { Message = $"and {_more:N0} more errors after this one" });
            }

            throw new InvalidExperimentException(ordered);
        }
    }

    private void Add(int line, int column, string message)
    {
        if (_errors.Count < MaxErrors)
        {
            _errors.Add(new ExperimentError(File, line, column, message));
        }
        else
        {
            _more++;
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
