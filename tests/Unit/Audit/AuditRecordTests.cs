using System.Text.Json;
using Back2Code.Audit;
using Back2Code.Messaging;
using Back2Code.UnitTests.Notes;
using Back2Code.UnitTests.Resilience;

namespace Back2Code.UnitTests.Audit;

public sealed class AuditRecordTests
{
    private static readonly AuditActor Ada = new("ada", "cli", "192.0.2.7");

    [Fact]
    public void The_event_is_what_docs_events_promises()
    {
        var record = AuditRecord.Create(new ManualTime(), Ada, "note.created", "notes/1") with { Outcome = AuditOutcome.Denied, Reason = "no", TraceId = new string('a', 32), Count = 3 };

        var violations = JsonSchema.Load("docs/events/audit.recorded.json").Violations(JsonSerializer.SerializeToNode(AuditEvents.From("/services/notes", record), JsonSerializerOptions.Web));

        Assert.Empty(violations);
    }

    [Fact]
    public void A_record_is_the_same_after_the_way_through_its_event()
    {
        var record = AuditRecord.Create(new ManualTime(), Ada, "user.role-changed", "users/7") with { Outcome = AuditOutcome.Failed, Reason = "Zoë said 🜁", Count = 2 };

        Assert.Equal(record, AuditEvents.Read(AuditEvents.From("/services/notes", record)));
    }

    [Theory]
    [InlineData("created", "")]
    [InlineData("Note.created", "")]
    [InlineData("note.created\n", "")]
    [InlineData("note.created", "a\nforged line")]
    public void A_record_breaks_no_limit(string action, string target) =>
        Assert.Throws<ArgumentException>(() => AuditRecord.Create(new ManualTime(), Ada, action, target));

    [Fact]
    public void Text_that_has_no_UTF_8_is_refused_and_a_pair_is_not() // Not as data: an attribute cannot hold half of a pair.
    {
        Assert.Throws<ArgumentException>(() => AuditRecord.Create(new ManualTime(), Ada, "note.created", "half \ud83d"));
        Assert.Throws<ArgumentException>(() => AuditRecord.Create(new ManualTime(), Ada, "note.created", "\ude00\ud83d"));
        Assert.Equal("\ud83d\ude00", AuditRecord.Create(new ManualTime(), Ada, "note.created", "\ud83d\ude00").Target);
    }

    [Fact]
    public void Lengths_are_limited()
    {
        var record = AuditRecord.Create(new ManualTime(), Ada, "note.created", "notes/1");

        Assert.NotNull((record with { Target = new string('x', 301) }).Problem);
        Assert.NotNull((record with { Reason = new string('x', 301) }).Problem);
        Assert.NotNull((record with { Actor = Ada with { Subject = new string('x', 256) } }).Problem);
        Assert.NotNull((record with { Count = 0 }).Problem);
        Assert.NotNull((record with { TraceId = "short" }).Problem);
        Assert.Null((record with { Target = new string('x', 300) }).Problem);
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""null""")]
    [InlineData("""{"id":"0197b6c8-0000-7000-8000-000000000000","time":"2026-01-01T00:00:00Z","actor":null,"action":"note.created"}""")]
    [InlineData("""{"id":"0197b6c8-0000-7000-8000-000000000000","time":"2026-01-01T00:00:00Z","actor":{},"action":"note.created","outcome":"perhaps"}""")]
    [InlineData("""{"id":"0197b6c8-0000-7000-8000-000000000001","time":"2026-01-01T00:00:00Z","actor":{},"action":"note.created"}""")]
    [InlineData("""{"id":"0197b6c8-0000-7000-8000-000000000000","time":"2026-01-01T00:00:00Z","actor":{},"action":"note.created","target":null}""")]
    public void An_event_that_breaks_its_schema_is_poison(string data)
    {
        using var document = JsonDocument.Parse(data);
        var cloudEvent = new CloudEvent("0197b6c8-0000-7000-8000-000000000000", "/services/notes", AuditEvents.Recorded, "", default, document.RootElement);

        Assert.Throws<PoisonMessageException>(() => AuditEvents.Read(cloudEvent));
    }
}
