using Back2Code.Data;
using Npgsql;

namespace Back2Code.Identity;

/// <summary>The users in the database.</summary>
internal sealed class UserStore(Database database, SecurityEvents events, TimeProvider time)
{
    private const string ByName = $"SELECT {User.Columns} FROM users WHERE name = @name";

    public async ValueTask<User?> FindAsync(string name, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            async (connection, attempt) => await connection.FirstAsync(null, ByName, User.From, attempt, ("name", name)), cancellationToken);

    public ValueTask<User?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        const string sql = $"SELECT {User.Columns} FROM users WHERE id = @id";

        return database.ReadAsync(async (connection, attempt) => await connection.FirstAsync(null, sql, User.From, attempt, ("id", id)), cancellationToken);
    }

    /// <summary>The user of this name, made without a password if there is none.</summary>
    public async ValueTask<User> FindOrAddAsync(string name, string role, string actor, CancellationToken cancellationToken)
    {
        if (await FindAsync(name, cancellationToken) is { } found)
        {
            return found;
        }

        await AddAsync(name, role, passwordHash: null, actor, cancellationToken);
        return (await FindAsync(name, cancellationToken))!;
    }

    /// <returns>The new user; null when the name is taken.</returns>
    public ValueTask<User?> AddAsync(string name, string role, string? passwordHash, string actor, CancellationToken cancellationToken)
    {
        const string sql = """
            INSERT INTO users (id, name, role, password_hash, created_at)
            VALUES (@id, @name, @role, @password_hash, @created_at)
            ON CONFLICT (name) DO NOTHING
            """;

        var now = time.GetStorableNow();
        User user = new(Guid.CreateVersion7(now), name, role, passwordHash, now, null);
        return database.WriteAsync(
            async (connection, transaction, attempt) =>
            {
                int added = await connection.ExecuteAsync(
                    transaction, sql, attempt, ("id", user.Id), ("name", name), ("role", role), ("password_hash", passwordHash), ("created_at", now));
                if (added == 0)
                {
                    // The same id again: an earlier attempt of this very call.
                    var there = await connection.FirstAsync(transaction, ByName, User.From, attempt, ("name", name));
                    return there?.Id == user.Id ? there : null;
                }

                await events.RecordAsync(connection, transaction, new(SecurityActions.UserCreated, true, actor, user.Id.ToString(), role), attempt);
                return user;
            },
            replaySafe: true,
            cancellationToken);
    }

    /// <returns>Null when there is no such user.</returns>
    public ValueTask<User?> ChangeRoleAsync(Guid id, string role, string actor, CancellationToken cancellationToken)
    {
        const string sql = $"UPDATE users SET role = @role WHERE id = @id RETURNING {User.Columns}";

        return ChangeAsync(sql, id, new(SecurityActions.UserRoleChanged, true, actor, id.ToString(), role), cancellationToken, ("role", role));
    }

    /// <summary>Ends all that the user has open as well: sessions, and grants with their refresh tokens.</summary>
    /// <returns>Null when there is no such user.</returns>
    public ValueTask<User?> DisableAsync(Guid id, string actor, CancellationToken cancellationToken)
    {
        const string sql = $"""
            WITH ended AS (DELETE FROM sessions WHERE user_id = @id),
                 revoked AS (UPDATE grants SET revoked_at = @now WHERE user_id = @id AND revoked_at IS NULL)
            UPDATE users SET disabled_at = COALESCE(disabled_at, @now) WHERE id = @id RETURNING {User.Columns}
            """;

        return ChangeAsync(sql, id, new(SecurityActions.UserDisabled, true, actor, id.ToString()), cancellationToken, ("now", time.GetStorableNow()));
    }

    /// <returns>Null when there is no such user.</returns>
    public ValueTask<User?> EnableAsync(Guid id, string actor, CancellationToken cancellationToken)
    {
        const string sql = $"UPDATE users SET disabled_at = NULL WHERE id = @id RETURNING {User.Columns}";

        return ChangeAsync(sql, id, new(SecurityActions.UserEnabled, true, actor, id.ToString()), cancellationToken);
    }

    /// <summary>At most <paramref name="limit"/> users that were made before <paramref name="before"/>, newest first.</summary>
    public ValueTask<List<User>> ListAsync(Guid before, int limit, CancellationToken cancellationToken)
    {
        const string sql = $"SELECT {User.Columns} FROM users WHERE id < @before ORDER BY id DESC LIMIT @limit";

        return database.ReadAsync(
            async (connection, attempt) => await connection.ListAsync(null, sql, User.From, attempt, ("before", before), ("limit", limit)), cancellationToken);
    }

    private ValueTask<User?> ChangeAsync(
        string sql, Guid id, SecurityEvent happened, CancellationToken cancellationToken, params (string Name, object? Value)[] parameters) =>
        database.WriteAsync(
            async (connection, transaction, attempt) =>
            {
                var user = await connection.FirstAsync(transaction, sql, User.From, attempt, [("id", id), .. parameters]);
                if (user is not null)
                {
                    await events.RecordAsync(connection, transaction, happened, attempt);
                }

                return user;
            },
            replaySafe: true,
            cancellationToken);
}
