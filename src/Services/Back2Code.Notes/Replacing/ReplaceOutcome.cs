namespace Back2Code.Notes.Replacing;

internal abstract record ReplaceOutcome
{
    /// <summary>The note says what was asked, by this request or by the same one before it.</summary>
    public sealed record Replaced(Note Note) : ReplaceOutcome;

    /// <summary>Someone else was faster.</summary>
    public sealed record Conflict(long CurrentVersion) : ReplaceOutcome;

    /// <summary>Not there, deleted, or somebody else's: one answer, so that it tells nothing.</summary>
    public sealed record NotFound : ReplaceOutcome;

    private ReplaceOutcome()
    {
    }
}
