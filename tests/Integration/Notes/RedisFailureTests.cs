using System.Net;
using Back2Code.IntegrationTests.Servers;
using Back2Code.IntegrationTests.Services;

namespace Back2Code.IntegrationTests.Notes;

[Collection(FailureDrills.Name)]
public sealed class RedisFailureTests(SharedServers servers)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_request_fails_because_Redis_died()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var application = await StartAsync(redis);
        using var client = application.AsUser("ada");
        var before = await client.CreateNoteAsync("before");
        await redis.KillAsync();

        var created = await client.CreateNoteAsync("without cache");
        using var read = await client.ReadNoteAsync(before.Id);
        using var replaced = await client.ReplaceNoteAsync(created.Id, "still without", "", 1);
        using var deleted = await client.DeleteNoteAsync(before.Id);
        using var listed = await client.GetAsync("/v1/notes", Cancellation);

        Assert.Equal("back2code; fwd=miss", read.CacheStatus());
        Assert.Equal(
            [HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.NoContent, HttpStatusCode.OK],
            [read.StatusCode, replaced.StatusCode, deleted.StatusCode, listed.StatusCode]);
    }

    [Fact]
    public async Task What_Redis_remembers_from_before_its_death_is_never_served()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var application = await StartAsync(redis);
        using var client = application.AsUser("ada");
        var replaced = await client.CreateNoteAsync("old");
        var deleted = await client.CreateNoteAsync("doomed");
        await redis.KillAsync();
        (await client.ReplaceNoteAsync(replaced.Id, "new", "", 1)).EnsureSuccessStatusCode();
        (await client.DeleteNoteAsync(deleted.Id)).EnsureSuccessStatusCode();

        // Its append-only file brings back the versions from before.
        await redis.RestartAsync();

        await Eventually.IsTrueAsync(
            async () =>
            {
                using var read = await client.ReadNoteAsync(replaced.Id);
                Assert.Equal("new", (await read.NoteAsync()).Title);
                using var gone = await client.ReadNoteAsync(deleted.Id);
                Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
                return read.CacheStatus()!.StartsWith("back2code; hit", StringComparison.Ordinal);
            },
            TimeSpan.FromSeconds(5),
            "the cache is used again, and at no moment wrong");
    }

    [Fact]
    public async Task A_frozen_Redis_costs_time_but_no_request()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var application = await StartAsync(redis);
        using var client = application.AsUser("ada");
        var note = await client.CreateNoteAsync("note");
        redis.Freeze();

        try
        {
            for (int n = 0; n < 10; n++)
            {
                var (response, elapsed) = await Timed.Async(() => client.ReadNoteAsync(note.Id));
                Assert.Equal(HttpStatusCode.OK, response.StatusCode);
                Assert.True(elapsed < TimeSpan.FromSeconds(1), $"read {n} took {elapsed}");
            }

            var (created, took) = await Timed.Async(() => client.PostNoteAsync("while frozen"));
            Assert.Equal(HttpStatusCode.Created, created.StatusCode);
            Assert.True(took < TimeSpan.FromSeconds(1), $"the write took {took}");
        }
        finally
        {
            redis.Thaw();
        }
    }

    private async Task<NotesApplication> StartAsync(RedisServer redis) =>
        await NotesApplication.StartAsync(await (await servers.PostgresAsync()).CreateDatabaseAsync("notes"), redis);
}
