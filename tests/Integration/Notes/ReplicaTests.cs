using System.Net;
using Back2Code.IntegrationTests.Servers;

namespace Back2Code.IntegrationTests.Notes;

/// <summary>Two replicas on the same servers, as behind the gateway.</summary>
public sealed class ReplicaTests(SharedServers servers)
{
    [Fact]
    public async Task What_one_replica_writes_the_other_reads_and_recognises()
    {
        string database = await (await servers.PostgresAsync()).CreateDatabaseAsync("notes");
        await using var one = await NotesApplication.StartAsync(database, await servers.RedisAsync());
        await using var two = await NotesApplication.StartAsync(database, await servers.RedisAsync());
        using var first = one.AsUser("ada");
        using var second = two.AsUser("ada");

        using var created = await first.PostNoteAsync("title", "body", key: "k1");
        var note = await created.NoteAsync();
        using var createdAgain = await second.PostNoteAsync("title", "body", key: "k1");
        using var replaced = await first.ReplaceNoteAsync(note.Id, "new", "", 1);
        using var replacedAgain = await second.ReplaceNoteAsync(note.Id, "new", "", 1);
        using var read = await second.ReadNoteAsync(note.Id);
        using var deleted = await first.DeleteNoteAsync(note.Id);
        using var deletedAgain = await second.DeleteNoteAsync(note.Id);
        using var gone = await second.ReadNoteAsync(note.Id);

        Assert.Equal(note, await createdAgain.NoteAsync());
        Assert.Equal(await replaced.NoteAsync(), await replacedAgain.NoteAsync());
        Assert.Equal("new", (await read.NoteAsync()).Title);
        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.NoContent), (deleted.StatusCode, deletedAgain.StatusCode));
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
    }
}
