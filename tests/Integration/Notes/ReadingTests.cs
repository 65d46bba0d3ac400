using System.Net;
using Back2Code.IntegrationTests.Services;

namespace Back2Code.IntegrationTests.Notes;

public sealed class ReadingTests(NotesFixture notes) : IClassFixture<NotesFixture>
{
    private readonly string _user = $"ada-{Guid.NewGuid():N}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_read_after_a_write_comes_from_the_cache_and_says_so()
    {
        using var client = notes.Application.AsUser(_user);
        var note = await client.CreateNoteAsync("cached");

        using var response = await client.ReadNoteAsync(note.Id);

        Assert.Equal(note, await response.NoteAsync());
        Assert.Matches("^back2code; hit; ttl=[0-9]+$", response.CacheStatus());
        Assert.Equal("\"1\"", response.Headers.ETag?.Tag);
    }

    [Fact]
    public async Task A_read_after_a_replacement_is_the_replacement()
    {
        using var client = notes.Application.AsUser(_user);
        var note = await client.CreateNoteAsync("old");
        (await client.ReplaceNoteAsync(note.Id, "new", "", 1)).EnsureSuccessStatusCode();

        using var response = await client.ReadNoteAsync(note.Id);

        Assert.Equal("new", (await response.NoteAsync()).Title);
        Assert.StartsWith("back2code; hit", response.CacheStatus(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_users_note_is_not_there_cached_or_not()
    {
        using var ada = notes.Application.AsUser(_user);
        using var eve = notes.Application.AsUser(_user + "-eve");
        var note = await ada.CreateNoteAsync("private");
        (await ada.ReadNoteAsync(note.Id)).EnsureSuccessStatusCode();

        using var read = await eve.ReadNoteAsync(note.Id);
        using var replace = await eve.ReplaceNoteAsync(note.Id, "mine", "", 1);
        using var delete = await eve.DeleteNoteAsync(note.Id);

        await read.IsProblemAsync(HttpStatusCode.NotFound, "note-not-found");
        await replace.IsProblemAsync(HttpStatusCode.NotFound, "note-not-found");
        await delete.IsProblemAsync(HttpStatusCode.NotFound, "note-not-found");
        using var still = await ada.ReadNoteAsync(note.Id);
        Assert.Equal(note, await still.NoteAsync());
    }

    [Fact]
    public async Task A_client_that_holds_the_version_is_told_so()
    {
        using var client = notes.Application.AsUser(_user);
        var note = await client.CreateNoteAsync("same");
        HttpRequestMessage request = new(HttpMethod.Get, $"/v1/notes/{note.Id}");
        request.Headers.Add("If-None-Match", "\"1\"");

        using var response = await client.SendAsync(request, Cancellation);

        Assert.Equal(HttpStatusCode.NotModified, response.StatusCode);
        Assert.Equal("\"1\"", response.Headers.ETag?.Tag);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync(Cancellation));
    }

    [Fact]
    public async Task A_note_that_never_was_is_not_found()
    {
        using var client = notes.Application.AsUser(_user);

        using var response = await client.ReadNoteAsync(Guid.NewGuid());

        await response.IsProblemAsync(HttpStatusCode.NotFound, "note-not-found");
    }

    [Fact]
    public async Task An_address_that_is_no_id_is_not_found()
    {
        using var client = notes.Application.AsUser(_user);

        using var response = await client.GetAsync("/v1/notes/seven", Cancellation);

        await response.IsProblemAsync(HttpStatusCode.NotFound, "not-found");
    }
}
