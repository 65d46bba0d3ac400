using Npgsql;

namespace Back2Code.IntegrationTests.Notes;

/// <summary>What the database refuses, whoever asks: a service with a fault, a script, an operator at night.</summary>
public sealed class SchemaTests(NotesFixture notes) : IClassFixture<NotesFixture>
{
    [Theory]
    [InlineData("version = version + 2")]
    [InlineData("version = version")]
    [InlineData("version = version + 1, owner_id = 'eve'")]
    [InlineData("version = version + 1, created_at = created_at - interval '1 day'")]
    [InlineData("version = version + 1, title = ''")]
    [InlineData("version = version + 1, title = repeat('t', 201)")]
    [InlineData("version = version + 1, body = repeat('b', 65537)")]
    [InlineData("version = version + 1, updated_at = created_at - interval '1 second'")]
    [InlineData("version = version + 1, deleted_at = now()")]
    public async Task A_change_that_breaks_the_rules_is_refused(string assignment)
    {
        using var client = notes.Application.AsUser($"ada-{Guid.NewGuid():N}");
        var note = await client.CreateNoteAsync("title", "body");

        var refusal = await Assert.ThrowsAsync<PostgresException>(
            () => notes.QueryAsync<long>($"UPDATE notes SET {assignment} WHERE id = @id RETURNING version", ("id", note.Id)));

        Assert.Equal(PostgresErrorCodes.CheckViolation, refusal.SqlState);
    }

    [Fact]
    public async Task A_tombstone_never_changes_again()
    {
        using var client = notes.Application.AsUser($"ada-{Guid.NewGuid():N}");
        var note = await client.CreateNoteAsync("title");
        (await client.DeleteNoteAsync(note.Id)).EnsureSuccessStatusCode();

        var refusal = await Assert.ThrowsAsync<PostgresException>(() => notes.QueryAsync<long>(
            "UPDATE notes SET version = version + 1, deleted_at = NULL, title = 'undead' WHERE id = @id RETURNING version", ("id", note.Id)));

        Assert.Equal(PostgresErrorCodes.CheckViolation, refusal.SqlState);
    }
}
