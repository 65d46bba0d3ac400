namespace Back2Code.Lab.Topology;

/// <summary>topology.yaml is wrong at one place; the message begins with file, line and column.</summary>
internal sealed class TopologyException(string file, long line, long column, string problem)
    : Exception($"{Path.GetFileName(file)}:{line}:{column}: {problem}")
{
    public long Line { get; } = line;

    public long Column { get; } = column;
}
