using System.Net;
using System.Text;
using Back2Code.IntegrationTests.Services;

namespace Back2Code.IntegrationTests.Notes;

public sealed class CreatingTests(NotesFixture notes) : IClassFixture<NotesFixture>
{
    private readonly string _user = $"ada-{Guid.NewGuid():N}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_new_note_is_at_version_one_and_has_an_address()
    {
        using var client = notes.Application.AsUser(_user);

        using var response = await client.PostNoteAsync("Buy milk", "and bread");

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        var note = await response.NoteAsync();
        Assert.Equal(("Buy milk", "and bread", 1L), (note.Title, note.Body, note.Version));
        Assert.Equal(note.CreatedAt, note.UpdatedAt);
        Assert.Equal(7, note.Id.Version);
        Assert.Equal($"/v1/notes/{note.Id}", response.Headers.Location?.OriginalString);
        Assert.Equal("\"1\"", response.Headers.ETag?.Tag);
    }

    [Fact]
    public async Task What_was_written_is_what_is_read_to_the_last_digit()
    {
        using var client = notes.Application.AsUser(_user);
        var written = await client.CreateNoteAsync("Zeichen: \u00e4 \ud83d\udcd3 \t \"\\", new string('\u20ac', 65_536));
        await (await notes.RedisAsync()).SendAsync("FLUSHALL", Cancellation);

        using var response = await client.ReadNoteAsync(written.Id);

        Assert.Equal("back2code; fwd=miss", response.CacheStatus());
        Assert.Equal(written, await response.NoteAsync());
    }

    [Fact]
    public async Task A_note_and_its_event_are_stored_together()
    {
        using var client = notes.Application.AsUser(_user);

        var note = await client.CreateNoteAsync("one");

        Assert.Equal(1L, await EventsOfAsync(note.Id));
    }

    [Fact]
    public async Task The_same_key_with_the_same_content_gets_the_first_answer_again()
    {
        using var client = notes.Application.AsUser(_user);
        using var first = await client.PostNoteAsync("title", "body", key: "k1");
        var note = await first.NoteAsync();

        using var second = await client.PostNoteAsync("title", "body", key: "\"k1\"");

        Assert.Equal(HttpStatusCode.Created, second.StatusCode);
        Assert.Equal(await first.Content.ReadAsStringAsync(Cancellation), await second.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal(first.Headers.Location, second.Headers.Location);
        Assert.Equal(1L, await EventsOfAsync(note.Id));
    }

    [Fact]
    public async Task The_first_answer_comes_again_whatever_became_of_the_note()
    {
        using var client = notes.Application.AsUser(_user);
        using var first = await client.PostNoteAsync("title", "body", key: "k1");
        var note = await first.NoteAsync();
        (await client.ReplaceNoteAsync(note.Id, "changed", "", 1)).EnsureSuccessStatusCode();

        using var second = await client.PostNoteAsync("title", "body", key: "k1");

        Assert.Equal(note, await second.NoteAsync());
        using var read = await client.ReadNoteAsync(note.Id);
        Assert.Equal("changed", (await read.NoteAsync()).Title);
    }

    [Fact]
    public async Task The_same_key_with_other_content_is_refused()
    {
        using var client = notes.Application.AsUser(_user);
        using var first = await client.PostNoteAsync("title", "body", key: "k1");

        using var second = await client.PostNoteAsync("title", "other body", key: "k1");

        await second.IsProblemAsync(HttpStatusCode.UnprocessableEntity, "idempotency-key-reused");
    }

    [Fact]
    public async Task Another_users_key_is_another_key()
    {
        using var ada = notes.Application.AsUser(_user);
        using var bob = notes.Application.AsUser(_user + "-bob");
        using var first = await ada.PostNoteAsync("title", "body", key: "k1");

        using var second = await bob.PostNoteAsync("mine", "body", key: "k1");

        Assert.Equal(HttpStatusCode.Created, second.StatusCode);
        Assert.NotEqual((await first.NoteAsync()).Id, (await second.NoteAsync()).Id);
    }

    [Fact]
    public async Task Many_requests_with_one_key_at_once_make_one_note()
    {
        using var client = notes.Application.AsUser(_user);

        var responses = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => client.PostNoteAsync("title", "body", key: "k1")));

        Assert.All(responses, response => Assert.Equal(HttpStatusCode.Created, response.StatusCode));
        var ids = (await Task.WhenAll(responses.Select(response => response.NoteAsync()))).Select(note => note.Id).Distinct();
        Assert.Equal(1L, await EventsOfAsync(Assert.Single(ids)));
    }

    [Fact]
    public async Task A_header_that_is_no_key_is_refused()
    {
        using var client = notes.Application.AsUser(_user);

        using var response = await client.PostNoteAsync("title", "body", key: "two words");

        await response.IsProblemAsync(HttpStatusCode.BadRequest, "idempotency-key-invalid");
    }

    public static TheoryData<string, string> InvalidBodies => new()
    {
        { """{"title":"","body":""}""", "title" },
        { """{"title":"   ","body":""}""", "title" },
        { """{"title":"a\u0000b","body":""}""", "title" },
        { $$"""{"title":"{{new string('t', 201)}}","body":""}""", "title" },
        { """{"title":"t","body":"\u0000"}""", "body" },
        { $$"""{"title":"t","body":"{{new string('b', 65_537)}}"}""", "body" },
    };

    [Theory]
    [MemberData(nameof(InvalidBodies))]
    public async Task A_note_that_breaks_a_rule_is_refused_and_the_member_named(string json, string member)
    {
        using var client = notes.Application.AsUser(_user);

        using var response = await client.PostAsync("/v1/notes", Json(json), Cancellation);

        var problem = await response.IsProblemAsync(HttpStatusCode.BadRequest, "validation-failed");
        Assert.Equal([member], problem.GetProperty("errors").EnumerateObject().Select(error => error.Name.ToLowerInvariant()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("""{"body":""}""")]
    [InlineData("""{"title":null,"body":""}""")]
    [InlineData("""{"title":"t","body":null}""")]
    [InlineData("""{"title":"t"}""")]
    [InlineData("""{"title":"t","title":"u","body":""}""")]
    [InlineData("""{"title":7,"body":""}""")]
    [InlineData("""{"title":"\ud800","body":""}""")]
    public async Task What_is_no_note_at_all_is_a_bad_request(string json)
    {
        using var client = notes.Application.AsUser(_user);

        using var response = await client.PostAsync("/v1/notes", Json(json), Cancellation);

        await response.IsProblemAsync(HttpStatusCode.BadRequest, "bad-request");
    }

    [Fact]
    public async Task A_request_beyond_the_limit_is_not_even_read()
    {
        using var client = notes.Application.AsUser(_user);

        using var response = await client.PostAsync("/v1/notes", Json($$"""{"title":"t","body":"{{new string('b', 1_100_000)}}"}"""), Cancellation);

        await response.IsProblemAsync(HttpStatusCode.RequestEntityTooLarge, "body-too-large");
    }

    [Fact]
    public async Task Another_media_type_is_refused()
    {
        using var client = notes.Application.AsUser(_user);

        using var response = await client.PostAsync("/v1/notes", new StringContent("title=t"), Cancellation);

        await response.IsProblemAsync(HttpStatusCode.UnsupportedMediaType, "unsupported-media-type");
    }

    private static StringContent Json(string json) => new(json, Encoding.UTF8, "application/json");

    private Task<long> EventsOfAsync(Guid id) =>
        notes.QueryAsync<long>("SELECT count(*) FROM outbox WHERE subject = @id AND type = 'note.created'", ("id", id.ToString()));
}
