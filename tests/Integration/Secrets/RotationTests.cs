using System.Net;
using System.Security.Cryptography;
using Back2Code.IntegrationTests.Notes;
using Back2Code.IntegrationTests.Servers;
using Back2Code.IntegrationTests.Services;
using Back2Code.Notes;
using Npgsql;

namespace Back2Code.IntegrationTests.Secrets;

/// <summary>A password that changes while the service runs. Alone: other tests' load would be mistaken for the rotation's.</summary>
[Collection(FailureDrills.Name)]
public sealed class RotationTests(SharedServers servers)
{
    [Fact]
    public async Task The_password_of_PostgreSQL_is_rotated_through_a_mounted_file_without_a_restart()
    {
        await using var rotating = await RotatingDatabase.CreateAsync(await servers.PostgresAsync());
        rotating.Mount("first");
        await using var notes = new MountedNotes(rotating.Folder, await servers.RedisAsync());
        await notes.StartAsync();
        using var user = notes.AsUser("ada");
        await user.CreateNoteAsync("with the first password");

        await rotating.ChangePasswordAsync("second");
        rotating.Mount("second");
        await rotating.EndSessionsAsync();

        await Eventually.IsTrueAsync(
            async () =>
            {
                using var created = await user.PostNoteAsync("with the second password");
                return created.StatusCode == HttpStatusCode.Created;
            },
            TimeSpan.FromSeconds(20),
            "notes writes with the second password");
        Assert.All(await rotating.SessionsAsync(), session => Assert.StartsWith("notes-1", session, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_the_new_file_the_old_password_is_refused_so_that_the_test_above_means_something()
    {
        await using var rotating = await RotatingDatabase.CreateAsync(await servers.PostgresAsync());
        rotating.Mount("first");
        await using var notes = new MountedNotes(rotating.Folder, await servers.RedisAsync());
        await notes.StartAsync();
        using var user = notes.AsUser("ada");

        await rotating.ChangePasswordAsync("second");
        await rotating.EndSessionsAsync();

        // A session that was told to end may answer once more.
        string answer = "";
        await Eventually.IsTrueAsync(
            async () =>
            {
                using var response = await user.PostNoteAsync("refused in the end");
                answer = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
                return (int)response.StatusCode >= 500;
            },
            TimeSpan.FromSeconds(20),
            "notes is refused");
        Assert.DoesNotContain("first", answer, StringComparison.Ordinal);
    }

    /// <summary>A role whose password changes, and the folder that its service mounts.</summary>
    private sealed class RotatingDatabase(string superuser, string role) : IAsyncDisposable
    {
        public string Folder { get; } = Directory.CreateTempSubdirectory("b2c-secrets-").FullName;

        public static async Task<RotatingDatabase> CreateAsync(PostgresServer postgres)
        {
            string superuser = await postgres.CreateDatabaseAsync("notes");
            string role = "notes_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
            var database = new RotatingDatabase(superuser, role);
            await database.ExecuteAsync($"CREATE ROLE {role} LOGIN PASSWORD 'first'; ALTER SCHEMA notes OWNER TO {role}");
            return database;
        }

        public void Mount(string password)
        {
            string file = Path.Combine(Folder, "ConnectionStrings__Postgres");
            File.WriteAllText(file + ".new", new NpgsqlConnectionStringBuilder(superuser) { Username = role, Password = password }.ConnectionString);
            File.Move(file + ".new", file, overwrite: true);
        }

        public Task ChangePasswordAsync(string password) => ExecuteAsync($"ALTER ROLE {role} PASSWORD '{password}'");

        public Task EndSessionsAsync() => ExecuteAsync($"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{role}'");

        public async Task<List<string>> SessionsAsync()
        {
            await using NpgsqlConnection connection = new(superuser + ";Pooling=false");
            await connection.OpenAsync(TestContext.Current.CancellationToken);
            await using NpgsqlCommand command = new($"SELECT application_name FROM pg_stat_activity WHERE usename = '{role}'", connection);
            await using var row = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
            List<string> names = [];
            while (await row.ReadAsync(TestContext.Current.CancellationToken))
            {
                names.Add(row.GetString(0));
            }

            Assert.NotEmpty(names);
            return names;
        }

        public ValueTask DisposeAsync()
        {
            Directory.Delete(Folder, recursive: true);
            return ValueTask.CompletedTask;
        }

        private async Task ExecuteAsync(string sql)
        {
            await using NpgsqlConnection connection = new(superuser + ";Pooling=false");
            await connection.OpenAsync(TestContext.Current.CancellationToken);
            await using NpgsqlCommand command = new(sql, connection);
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }
    }

    /// <summary>notes, whose connection string comes from the folder alone.</summary>
    private sealed class MountedNotes(string folder, RedisServer redis) : ServiceApplication<NoteView>("notes", new Dictionary<string, string>
    {
        ["ConnectionStrings:Redis"] = redis.ConnectionString,
        ["ConnectionStrings:RabbitMQ"] = NotesApplication.NoRabbitMq,
        ["Secrets:Directory"] = folder,
        ["Secrets:FileInterval"] = "00:00:00.200",
    });
}
