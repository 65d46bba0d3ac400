using Back2Code.Notes;
using Back2Code.Notes.Replacing;

namespace Back2Code.UnitTests.Notes;

public sealed class ReplaceNoteTests
{
    private static readonly ReplaceNoteRequest Request = new("new title", "new body", Version: 3);

    [Fact]
    public void No_such_note_is_not_found() => Assert.IsType<ReplaceOutcome.NotFound>(ReplaceNote.Explain(null, Request));

    [Fact]
    public void The_next_version_with_the_same_content_is_its_own_work_found_again()
    {
        var current = StoredNote(version: 4, "new title", "new body");

        var outcome = ReplaceNote.Explain(current, Request);

        Assert.Same(current, Assert.IsType<ReplaceOutcome.Replaced>(outcome).Note);
    }

    [Theory]
    [InlineData(4, "new title", "other body")]
    [InlineData(4, "other title", "new body")]
    [InlineData(5, "new title", "new body")]
    [InlineData(3, "new title", "new body")]
    [InlineData(1, "old title", "old body")]
    public void Anything_else_is_a_conflict_with_the_current_version(long version, string title, string body)
    {
        var outcome = ReplaceNote.Explain(StoredNote(version, title, body), Request);

        Assert.Equal(version, Assert.IsType<ReplaceOutcome.Conflict>(outcome).CurrentVersion);
    }

    private static Note StoredNote(long version, string title, string body) =>
        new(Guid.Empty, "ada", title, body, version, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch);
}
