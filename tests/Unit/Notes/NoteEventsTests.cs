using System.Text.Json;
using System.Text.Json.Nodes;
using Back2Code.Messaging;
using Back2Code.Notes.Events;
using Back2Code.UnitTests.Architecture;

namespace Back2Code.UnitTests.Notes;

/// <summary>What notes publishes is what docs/events promises.</summary>
public sealed class NoteEventsTests
{
    private static readonly DateTimeOffset At = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(NoteEvents.Created, 1)]
    [InlineData(NoteEvents.Replaced, 2)]
    [InlineData(NoteEvents.Deleted, 9)]
    public void An_event_keeps_its_schema(string type, long version)
    {
        CloudEvent cloudEvent = NoteEvents.From(type, Guid.CreateVersion7(At), "ada", version, At);

        var violations = JsonSchema.Load($"docs/events/{type}.json").Violations(JsonSerializer.SerializeToNode(cloudEvent, JsonSerializerOptions.Web));

        Assert.Empty(violations);
    }

    [Fact]
    public void The_schema_test_can_fail()
    {
        var broken = JsonNode.Parse("""{"id":"1","source":"/services/other","type":"note.created","subject":"x","time":"now","data":{"noteId":7,"version":0}}""");

        var violations = JsonSchema.Load("docs/events/note.created.json").Violations(broken).ToList();

        Assert.Equal(
            ["id: not a uuid", "source: not /services/notes", "subject: not a uuid", "time: not a date-time",
                "data.ownerId: missing", "data.noteId: not a string", "data.version: not 1"],
            violations);
    }

    [Fact]
    public void Every_type_has_a_schema_and_every_schema_a_type()
    {
        var files = Directory.GetFiles(Path.Combine(Repository.Root, "docs/events"), "note.*.json").Select(Path.GetFileNameWithoutExtension).Order();

        Assert.Equal([NoteEvents.Created, NoteEvents.Deleted, NoteEvents.Replaced], files);
    }

    [Fact]
    public void The_subject_is_the_note_and_the_text_stays_home()
    {
        var id = Guid.CreateVersion7(At);

        CloudEvent cloudEvent = NoteEvents.From(NoteEvents.Created, id, "ada", 1, At);

        Assert.Equal(id.ToString(), cloudEvent.Subject);
        Assert.Equal($$"""{"noteId":"{{id}}","ownerId":"ada","version":1}""", cloudEvent.Data.GetRawText());
    }

    [Fact]
    public void Two_events_never_share_an_id() =>
        Assert.NotEqual(
            NoteEvents.From(NoteEvents.Created, Guid.Empty, "ada", 1, At).Id,
            NoteEvents.From(NoteEvents.Created, Guid.Empty, "ada", 1, At).Id);
}
