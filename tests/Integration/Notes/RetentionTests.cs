using System.Net;
using Back2Code.Notes.Retention;
using Microsoft.Extensions.DependencyInjection;

namespace Back2Code.IntegrationTests.Notes;

public sealed class RetentionTests(NotesFixture notes) : IClassFixture<NotesFixture>
{
    private readonly string _user = $"ada-{Guid.NewGuid():N}";

    [Fact]
    public async Task Old_keys_and_tombstones_go_and_young_ones_stay()
    {
        using var client = notes.Application.AsUser(_user);
        using var oldKey = await client.PostNoteAsync("old", key: "old");
        using var youngKey = await client.PostNoteAsync("young", key: "young");
        var oldTombstone = await client.CreateNoteAsync("old");
        var youngTombstone = await client.CreateNoteAsync("young");
        (await client.DeleteNoteAsync(oldTombstone.Id)).EnsureSuccessStatusCode();
        (await client.DeleteNoteAsync(youngTombstone.Id)).EnsureSuccessStatusCode();
        await notes.QueryAsync<long>(
            "UPDATE idempotency_keys SET created_at = now() - interval '25 hours' WHERE owner_id = @owner AND key = 'old' RETURNING 1::bigint", ("owner", _user));
        await AgeTombstoneAsync(oldTombstone.Id);

        await notes.Application.Services.GetRequiredService<RetentionSweep>().SweepOnceAsync(TestContext.Current.CancellationToken);

        Assert.Equal("young", await notes.QueryAsync<string>("SELECT string_agg(key, ',') FROM idempotency_keys WHERE owner_id = @owner", ("owner", _user)));
        using var old = await client.DeleteNoteAsync(oldTombstone.Id);
        using var young = await client.DeleteNoteAsync(youngTombstone.Id);
        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NoContent), (old.StatusCode, young.StatusCode));
        using var living = await client.ReadNoteAsync((await oldKey.NoteAsync()).Id);
        Assert.Equal(HttpStatusCode.OK, living.StatusCode);
    }

    /// <summary>A tombstone refuses to change, also its age; so the old one is buried anew, long ago.</summary>
    private Task<long> AgeTombstoneAsync(Guid id) => notes.QueryAsync<long>(
        """
        WITH dug_out AS (DELETE FROM notes WHERE id = @id RETURNING *)
        INSERT INTO notes (id, owner_id, title, body, version, created_at, updated_at, deleted_at)
        SELECT id, owner_id, '', '', version, created_at - interval '31 days', updated_at - interval '31 days', deleted_at - interval '31 days'
        FROM dug_out
        RETURNING 1::bigint
        """,
        ("id", id));
}
