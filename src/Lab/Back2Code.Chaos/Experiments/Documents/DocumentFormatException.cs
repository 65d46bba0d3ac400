namespace Back2Code.Chaos.Experiments.Documents;

/// <summary>The text is not well-formed JSON or YAML, or exceeds a limit.</summary>
public sealed class DocumentFormatException(string message, int line, int column, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>From 1.</summary>
    public int Line { get; } = line;

    /// <summary>From 1.</summary>
    public int Column { get; } = column;
}
