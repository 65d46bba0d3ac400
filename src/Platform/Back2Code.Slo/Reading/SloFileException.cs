namespace Back2Code.Slo;

/// <summary>One thing that is wrong in an OpenSLO file.</summary>
/// <param name="File">Path as it was given or found.</param>
/// <param name="Line">Line, from 1.</param>
/// <param name="Message">What is wrong, and what is allowed instead.</param>
public sealed record SloFileError(string File, int Line, string Message)
{
    /// <summary>The form that editors and terminals turn into a link.</summary>
    public override string ToString() => $"{File}:{Line}: {Message}";
}

/// <summary>OpenSLO files that cannot be used. Carries every error found, not only the first.</summary>
public sealed class SloFileException : Exception
{
    /// <summary>Makes the exception; the message lists the errors, one a line.</summary>
    public SloFileException(IReadOnlyList<SloFileError> errors)
        : base(string.Join(Environment.NewLine, errors)) => Errors = errors;

    /// <summary>The errors in order of file and line; never empty.</summary>
    public IReadOnlyList<SloFileError> Errors { get; }
}
