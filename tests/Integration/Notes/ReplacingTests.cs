using System.Net;
using System.Text;
using Back2Code.IntegrationTests.Services;

namespace Back2Code.IntegrationTests.Notes;

public sealed class ReplacingTests(NotesFixture notes) : IClassFixture<NotesFixture>
{
    private readonly string _user = $"ada-{Guid.NewGuid():N}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_replacement_makes_the_next_version()
    {
        using var client = notes.Application.AsUser(_user);
        var note = await client.CreateNoteAsync("old", "old body");

        using var response = await client.ReplaceNoteAsync(note.Id, "new", "new body", 1);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var replaced = await response.NoteAsync();
        Assert.Equal(("new", "new body", 2L, note.CreatedAt), (replaced.Title, replaced.Body, replaced.Version, replaced.CreatedAt));
        Assert.True(replaced.UpdatedAt >= note.UpdatedAt);
        Assert.Equal("\"2\"", response.Headers.ETag?.Tag);
    }

    [Fact]
    public async Task The_same_replacement_again_is_answered_again_and_changes_nothing()
    {
        using var client = notes.Application.AsUser(_user);
        var note = await client.CreateNoteAsync("old");
        using var first = await client.ReplaceNoteAsync(note.Id, "new", "body", 1);

        using var second = await client.ReplaceNoteAsync(note.Id, "new", "body", 1);

        Assert.Equal(HttpStatusCode.OK, second.StatusCode);
        Assert.Equal(await first.NoteAsync(), await second.NoteAsync());
        Assert.Equal(1L, await EventsAsync(note.Id, "note.replaced"));
    }

    [Fact]
    public async Task An_old_version_is_a_conflict_that_names_the_current_one()
    {
        using var client = notes.Application.AsUser(_user);
        var note = await client.CreateNoteAsync("old");
        (await client.ReplaceNoteAsync(note.Id, "theirs", "", 1)).EnsureSuccessStatusCode();

        using var response = await client.ReplaceNoteAsync(note.Id, "mine", "", 1);

        var problem = await response.IsProblemAsync(HttpStatusCode.Conflict, "note-version-conflict");
        Assert.Contains("version 2", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_version_from_the_future_is_a_conflict()
    {
        using var client = notes.Application.AsUser(_user);
        var note = await client.CreateNoteAsync("old");

        using var response = await client.ReplaceNoteAsync(note.Id, "new", "", 2);

        await response.IsProblemAsync(HttpStatusCode.Conflict, "note-version-conflict");
    }

    [Fact]
    public async Task Of_many_replacements_of_one_version_one_wins()
    {
        using var client = notes.Application.AsUser(_user);
        var note = await client.CreateNoteAsync("old");

        var responses = await Task.WhenAll(Enumerable.Range(0, 8).Select(n => client.ReplaceNoteAsync(note.Id, $"writer {n}", "", 1)));

        var winner = Assert.Single(responses, response => response.StatusCode == HttpStatusCode.OK);
        Assert.Equal(7, responses.Count(response => response.StatusCode == HttpStatusCode.Conflict));
        using var read = await client.ReadNoteAsync(note.Id);
        Assert.Equal(await winner.NoteAsync(), await read.NoteAsync());
        Assert.Equal(1L, await EventsAsync(note.Id, "note.replaced"));
    }

    public static TheoryData<string, string> InvalidBodies => new()
    {
        { """{"title":"","body":"","version":1}""", "title" },
        { """{"title":"t","body":"","version":0}""", "version" },
        { """{"title":"t","body":"","version":9007199254740992}""", "version" },
    };

    [Theory]
    [MemberData(nameof(InvalidBodies))]
    public async Task A_replacement_that_breaks_a_rule_is_refused_and_the_member_named(string json, string member)
    {
        using var client = notes.Application.AsUser(_user);
        var note = await client.CreateNoteAsync("old");

        using var response = await client.PutAsync($"/v1/notes/{note.Id}", new StringContent(json, Encoding.UTF8, "application/json"), Cancellation);

        var problem = await response.IsProblemAsync(HttpStatusCode.BadRequest, "validation-failed");
        Assert.Equal([member], problem.GetProperty("errors").EnumerateObject().Select(error => error.Name.ToLowerInvariant()));
    }

    [Fact]
    public async Task A_deleted_note_is_gone_and_its_deletion_can_be_repeated()
    {
        using var client = notes.Application.AsUser(_user);
        var note = await client.CreateNoteAsync("doomed");
        (await client.ReadNoteAsync(note.Id)).EnsureSuccessStatusCode();

        using var first = await client.DeleteNoteAsync(note.Id);
        using var second = await client.DeleteNoteAsync(note.Id);

        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.NoContent), (first.StatusCode, second.StatusCode));
        using var read = await client.ReadNoteAsync(note.Id);
        await read.IsProblemAsync(HttpStatusCode.NotFound, "note-not-found");
        using var replace = await client.ReplaceNoteAsync(note.Id, "undead", "", 2);
        await replace.IsProblemAsync(HttpStatusCode.NotFound, "note-not-found");
        Assert.Equal(1L, await EventsAsync(note.Id, "note.deleted"));
    }

    [Fact]
    public async Task A_tombstone_holds_no_text()
    {
        using var client = notes.Application.AsUser(_user);
        var note = await client.CreateNoteAsync("secret", "plan");

        (await client.DeleteNoteAsync(note.Id)).EnsureSuccessStatusCode();

        Assert.Equal("/2", await notes.QueryAsync<string>("SELECT title || body || '/' || version FROM notes WHERE id = @id", ("id", note.Id)));
    }

    [Fact]
    public async Task What_never_was_cannot_be_deleted()
    {
        using var client = notes.Application.AsUser(_user);

        using var response = await client.DeleteNoteAsync(Guid.NewGuid());

        await response.IsProblemAsync(HttpStatusCode.NotFound, "note-not-found");
    }

    private Task<long> EventsAsync(Guid id, string type) =>
        notes.QueryAsync<long>("SELECT count(*) FROM outbox WHERE subject = @id AND type = @type", ("id", id.ToString()), ("type", type));
}
