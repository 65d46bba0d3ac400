using System.Net;
using System.Net.Http.Json;
using Back2Code.IntegrationTests.Services;
using Back2Code.Notes.Listing;

namespace Back2Code.IntegrationTests.Notes;

public sealed class ListingTests(NotesFixture notes) : IClassFixture<NotesFixture>
{
    private readonly string _user = $"ada-{Guid.NewGuid():N}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Following_the_links_gives_every_note_once_newest_first()
    {
        using var client = notes.Application.AsUser(_user);
        var written = new List<Guid>();
        for (int n = 0; n < 7; n++)
        {
            written.Add((await client.CreateNoteAsync($"note {n}")).Id);
        }

        var listed = new List<Guid>();
        var sizes = new List<int>();
        string? next = "/v1/notes?limit=3";
        while (next is not null)
        {
            using var response = await client.GetAsync(next, Cancellation);
            var page = await PageAsync(response);
            listed.AddRange(page.Items.Select(note => note.Id));
            sizes.Add(page.Items.Count);
            next = NextLink(response);
            Assert.Equal(page.Next is null, next is null);
        }

        Assert.Equal([3, 3, 1], sizes);
        Assert.Equal(written.OrderByDescending(id => id.ToString(), StringComparer.Ordinal), listed);
    }

    [Fact]
    public async Task A_full_last_page_has_no_next()
    {
        using var client = notes.Application.AsUser(_user);
        await client.CreateNoteAsync("one");
        await client.CreateNoteAsync("two");

        using var response = await client.GetAsync("/v1/notes?limit=2", Cancellation);

        var page = await PageAsync(response);
        Assert.Equal(2, page.Items.Count);
        Assert.Null(page.Next);
        Assert.Null(NextLink(response));
    }

    [Fact]
    public async Task Only_ones_own_living_notes_are_listed()
    {
        using var ada = notes.Application.AsUser(_user);
        using var bob = notes.Application.AsUser(_user + "-bob");
        var kept = await ada.CreateNoteAsync("kept");
        var deleted = await ada.CreateNoteAsync("deleted");
        await bob.CreateNoteAsync("bob's");
        (await ada.DeleteNoteAsync(deleted.Id)).EnsureSuccessStatusCode();

        using var response = await ada.GetAsync("/v1/notes", Cancellation);

        Assert.Equal([kept], (await PageAsync(response)).Items);
    }

    [Fact]
    public async Task A_page_of_long_notes_ends_early_but_none_is_lost()
    {
        using var client = notes.Application.AsUser(_user);
        string body = new('\u20ac', 65_536);
        for (int n = 0; n < 8; n++)
        {
            await client.CreateNoteAsync($"long {n}", body);
        }

        var sizes = new List<int>();
        for (string? next = "/v1/notes?limit=200"; next is not null;)
        {
            using var response = await client.GetAsync(next, Cancellation);
            sizes.Add((await PageAsync(response)).Items.Count);
            next = NextLink(response);
        }

        // 192 KiB each: the sixth one crosses 1 MiB, the seventh begins the next page.
        Assert.Equal([6, 2], sizes);
    }

    [Theory]
    [InlineData("limit=0", "validation-failed")]
    [InlineData("limit=201", "validation-failed")]
    [InlineData("limit=many", "bad-request")]
    [InlineData("cursor=", "cursor-invalid")]
    [InlineData("cursor=nonsense", "cursor-invalid")]
    public async Task A_page_that_cannot_be_is_refused(string query, string problem)
    {
        using var client = notes.Application.AsUser(_user);

        using var response = await client.GetAsync("/v1/notes?" + query, Cancellation);

        await response.IsProblemAsync(HttpStatusCode.BadRequest, problem);
    }

    private static async Task<NotePage> PageAsync(HttpResponseMessage response) =>
        (await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<NotePage>(Cancellation))!;

    private static string? NextLink(HttpResponseMessage response) =>
        response.Headers.TryGetValues("Link", out var links) ? links.Single()[1..].Split('>')[0] : null;
}
