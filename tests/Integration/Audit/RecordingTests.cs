using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Back2Code.Audit;
using Back2Code.IntegrationTests.Notes;
using Back2Code.IntegrationTests.Servers;
using Back2Code.IntegrationTests.Services;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Back2Code.IntegrationTests.Audit;

/// <summary>From a request to notes to a record in identity's trail. Each test has a broker of its own: the queue is shared by whoever consumes it.</summary>
[Collection(FailureDrills.Name)]
public sealed class RecordingTests(SharedServers servers)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Mutations_are_recorded_once_each_and_a_broker_that_is_down_only_delays_them()
    {
        await using var rabbitMq = await RabbitMqServer.StartAsync();
        var postgres = await servers.PostgresAsync();
        await using var identity = await IdentityWithAudit.StartAsync(await AuditDatabase.CreateAsync(postgres), rabbitMq.ConnectionString);
        await using var notes = await NotesApplication.StartAsync(await postgres.CreateDatabaseAsync("notes"), await servers.RedisAsync(), rabbitMq.ConnectionString);
        using var writer = notes.AsUser("ada");
        await writer.CreateNoteAsync("before");
        await WaitForAsync(identity, 1);

        await rabbitMq.KillAsync();
        var note = await writer.CreateNoteAsync("during");
        using var replaced = await writer.ReplaceNoteAsync(note.Id, "again", "secret words", note.Version);
        using var conflict = await writer.ReplaceNoteAsync(note.Id, "conflict", "", note.Version);
        using var deleted = await writer.DeleteNoteAsync(note.Id);
        using var deletedAgain = await writer.DeleteNoteAsync(note.Id);
        await rabbitMq.RestartAsync();

        await WaitForAsync(identity, 4);
        var records = (await identity.ListAsync($"?target=notes/{note.Id}")).Items;
        Assert.Equal(HttpStatusCode.Conflict, conflict.StatusCode);
        Assert.Equal(["note.created", "note.deleted", "note.replaced"], records.Select(record => record.Action).Order());
        Assert.All(records, record =>
        {
            Assert.Equal(("/services/notes", "ada", "back2code", "127.0.0.1"), (record.Source, record.Actor.Subject, record.Actor.Client, record.Actor.Address));
            Assert.Matches("^[0-9a-f]{32}$", record.TraceId);
        });
        Assert.DoesNotContain("secret words", JsonSerializer.Serialize(records), StringComparison.Ordinal);
        Assert.True((await identity.VerifyAsync()).Intact);
    }

    [Fact]
    public async Task A_mutation_that_rolls_back_leaves_no_record()
    {
        string database = await (await servers.PostgresAsync()).CreateDatabaseAsync("notes");
        await using var notes = await NotesApplication.StartAsync(database, await servers.RedisAsync());
        using var writer = notes.AsUser("ada");
        await AuditDatabase.ExecuteAsync(database, """
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''not this one''; END';
            CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON notes DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse();
            """);

        using var refused = await writer.PostNoteAsync("never");

        Assert.Equal(HttpStatusCode.InternalServerError, refused.StatusCode);
        Assert.Equal(0, await OutboxAsync(database, "true"));
    }

    [Fact]
    public async Task Rejected_tokens_are_recorded_once_a_window_with_their_count_and_missing_ones_are_not()
    {
        string database = await (await servers.PostgresAsync()).CreateDatabaseAsync("notes");
        await using var notes = await NotesApplication.StartAsync(database, await servers.RedisAsync());
        using var anonymous = notes.Anonymous();
        using var stranger = notes.Anonymous();
        stranger.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "not.a.token");

        for (int n = 0; n < 30; n++)
        {
            using var none = await anonymous.GetAsync($"/v1/notes/{Guid.NewGuid()}", Cancellation);
            using var refused = await stranger.GetAsync($"/v1/notes/{Guid.NewGuid()}", Cancellation);
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        }

        await Eventually.IsTrueAsync(async () => await OutboxAsync(database, "true", "sum((data->>'count')::bigint)::bigint") == 30, Patience, "30 denials are recorded");
        Assert.InRange(await OutboxAsync(database, "true"), 1, 15);
        Assert.Equal(await OutboxAsync(database, "true"), await OutboxAsync(
            database,
            """
            type = 'audit.recorded' AND data->>'action' = 'auth.denied' AND data->>'outcome' = 'denied' AND data->>'target' = 'GET /v1/notes/{id:guid}'
            AND data->>'reason' LIKE '401 %' AND data->'actor'->>'address' = '127.0.0.1' AND data->'actor'->>'subject' IS NULL
            """));
    }

    [Fact]
    public async Task Denials_wait_for_PostgreSQL_and_what_finds_no_room_is_counted_in_a_record()
    {
        await using var postgres = await PostgresServer.StartAsync();
        string database = await postgres.CreateDatabaseAsync("notes");
        await using var notes = await NotesApplication.StartAsync(database, await servers.RedisAsync());
        var log = notes.Services.GetRequiredService<DenialLog>();
        await postgres.KillAsync();

        for (int n = 0; n < 2_500; n++)
        {
            log.Add(new Denial(new AuditActor($"user {n}", null, null), "GET /v1/notes", "403"));
        }

        Assert.Equal(2_000, log.Waiting);
        await postgres.RestartAsync();
        await Eventually.IsTrueAsync(
            async () => await OutboxAsync(database, "data->>'action' = 'auth.denied'") == 2_000 && await OutboxAsync(database, "data->>'action' = 'audit.denials-dropped' AND (data->>'count')::int = 500") == 1,
            Patience,
            "2,000 denials and the count of the others are recorded");
        Assert.Equal(0, log.Waiting);
    }

    private static async Task WaitForAsync(IdentityWithAudit identity, int records) =>
        await Eventually.IsTrueAsync(async () => (await identity.ListAsync()).Items.Count >= records, Patience, $"{records} records are in the trail");

    private static async Task<long> OutboxAsync(string database, string condition, string what = "count(*)")
    {
        await using NpgsqlConnection connection = new(database + ";Pooling=false");
        await connection.OpenAsync(Cancellation);
        await using NpgsqlCommand command = new($"SELECT COALESCE({what}, 0) FROM outbox WHERE {condition}", connection);
        return (long)(await command.ExecuteScalarAsync(Cancellation))!;
    }
}
