namespace Back2Code.Chaos.Experiments;

/// <summary>One thing that is wrong with an experiment file, and where.</summary>
/// <param name="File">The file as the user named it.</param>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
/// <param name="Message">What is wrong, with the value, and what is expected instead.</param>
public sealed record ExperimentError(string File, int Line, int Column, string Message)
{
    /// <summary>The form editors and compilers share, so that a click leads to the place.</summary>
    public override string ToString() => $"{File}:{Line}:{Column}: {Message}";
}

/// <summary>The file cannot be run as it is. Carries every error found, not only the first.</summary>
public sealed class InvalidExperimentException(IReadOnlyList<ExperimentError> errors)
    : Exception(string.Join('\n', errors))
{
    public IReadOnlyList<ExperimentError> Errors { get; } = errors;
}
