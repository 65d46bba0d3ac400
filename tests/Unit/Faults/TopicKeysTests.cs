using Back2Code.Chaos.Faults.RabbitMq;

namespace Back2Code.UnitTests.Faults;

public sealed class TopicKeysTests
{
    [Theory]
    [InlineData("note.*", "note.created", true)]
    [InlineData("note.*", "audit.recorded", false)]
    [InlineData("note.*", "note.*.late", false)]
    [InlineData("note.*", "*.created", true)]
    [InlineData("note.*", "#", true)]
    [InlineData("note.#", "note", true)]
    [InlineData("note.#", "note.created.late", true)]
    [InlineData("note.#", "audit.#", false)]
    [InlineData("#.late", "note.#", true)]
    [InlineData("#.late", "note.created", false)]
    [InlineData("#", "#", true)]
    [InlineData("a.b", "a.b", true)]
    public void Keys_overlap_when_one_event_can_match_both(string one, string other, bool overlap)
    {
        Assert.Equal(overlap, TopicKeys.Overlap(one, other));
        Assert.Equal(overlap, TopicKeys.Overlap(other, one));
    }
}
