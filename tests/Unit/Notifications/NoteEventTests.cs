using System.Text.Json;
using Back2Code.Messaging;
using Back2Code.Notes.Events;
using Back2Code.Notifications.Receiving;

namespace Back2Code.UnitTests.Notifications;

public sealed class NoteEventTests
{
    private static readonly DateTimeOffset At = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(NoteEvents.Created)]
    [InlineData(NoteEvents.Replaced)]
    [InlineData(NoteEvents.Deleted)]
    public void What_notes_publishes_is_what_is_read_here(string type)
    {
        var id = Guid.CreateVersion7(At);

        NoteEvent data = NoteEvent.Read(NoteEvents.From(type, id, "ada", 7, At));

        Assert.True(NoteEvent.IsAnnounced(type));
        Assert.Equal((id, "ada", 7), (data.NoteId, data.OwnerId, data.Version));
    }

    [Fact]
    public void A_field_that_is_added_one_day_is_ignored()
    {
        NoteEvent data = NoteEvent.Read(Event("""{"noteId":"0190163d-8694-739b-aea5-966c26f8ad91","ownerId":"ada","version":1,"tags":["x"]}"""));

        Assert.Equal("ada", data.OwnerId);
    }

    [Theory]
    [InlineData("null", "no data")]
    [InlineData("[]", "not as its schema says")]
    [InlineData("{}", "not as its schema says")]
    [InlineData("""{"noteId":"7","ownerId":"ada","version":1}""", "not as its schema says")]
    [InlineData("""{"noteId":"0190163d-8694-739b-aea5-966c26f8ad91","ownerId":"ada","version":"one"}""", "not as its schema says")]
    [InlineData("""{"noteId":"0190163d-8694-739b-aea5-966c26f8ad91","ownerId":null,"version":1}""", "ownerId")]
    [InlineData("""{"noteId":"0190163d-8694-739b-aea5-966c26f8ad91","ownerId":"","version":1}""", "ownerId")]
    [InlineData("""{"noteId":"0190163d-8694-739b-aea5-966c26f8ad91","ownerId":"a\u0000b","version":1}""", "ownerId")]
    [InlineData("""{"noteId":"0190163d-8694-739b-aea5-966c26f8ad91","ownerId":"ada","version":0}""", "versions begin at 1")]
    public void An_event_that_breaks_its_schema_is_poison_and_says_why(string data, string reason)
    {
        var poison = Assert.Throws<PoisonMessageException>(() => NoteEvent.Read(Event(data)));

        Assert.Contains(reason, poison.Message, StringComparison.Ordinal);
        Assert.Contains("event-1", poison.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_owner_that_no_column_can_hold_is_poison()
    {
        string data = JsonSerializer.Serialize(new { noteId = Guid.NewGuid(), ownerId = new string('x', 256), version = 1 });

        Assert.Throws<PoisonMessageException>(() => NoteEvent.Read(Event(data)));
    }

    [Fact]
    public void A_type_that_nobody_announced_is_none_of_our_business() => Assert.False(NoteEvent.IsAnnounced("note.shared"));

    private static CloudEvent Event(string data) =>
        new("event-1", NoteEvents.Source, NoteEvents.Created, "", At, JsonDocument.Parse(data).RootElement);
}
