using Back2Code.Data;
using Npgsql;

namespace Back2Code.Identity;

/// <summary>The users in the database.</summary>
internal sealed class UserStore(Database database, EmailVault vault, MailQueue mail, SecurityEvents events, TimeProvider time)
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

        await AddAsync(name, role, passwordHash: null, email: null, actor, cancellationToken);
        return (await FindAsync(name, cancellationToken))!;
    }

    public ValueTask<AddUserOutcome> AddAsync(string name, string role, string? passwordHash, string? email, string actor, CancellationToken cancellationToken)
    {
        var now = time.GetStorableNow();
        User user = new(Guid.CreateVersion7(now), name, role, passwordHash, now, null, email is null ? null : false);
        string token = Secret.Create();
        return database.WriteAsync(
            async (connection, transaction, attempt) =>
            {
                var outcome = await InsertAsync(connection, transaction, user, email, attempt);
                if (outcome is not AddUserOutcome.Added)
                {
                    // The same id again: an earlier attempt of this very call.
                    var there = await connection.FirstAsync(transaction, ByName, User.From, attempt, ("name", name));
                    return there?.Id == user.Id ? new AddUserOutcome.Added(there) : outcome;
                }

                if (email is not null)
                {
                    await mail.TellAsync(connection, transaction, new(MailKinds.Invitation, UserId: user.Id, Token: token), attempt);
                }

                await events.RecordAsync(connection, transaction, new(SecurityActions.UserCreated, true, actor, user.Id.ToString(), role), attempt);
                return outcome;
            },
            replaySafe: true,
            cancellationToken);
    }

    /// <summary>Writes a user and the address down, both or neither.</summary>
    public async Task<AddUserOutcome> InsertAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, User user, string? email, CancellationToken cancellationToken)
    {
        const string insert = """
            INSERT INTO users (id, name, role, password_hash, created_at)
            VALUES (@id, @name, @role, @password_hash, @created_at)
            ON CONFLICT (name) DO NOTHING
            """;
        const string insertAddress = """
            INSERT INTO email_addresses (user_id, address, address_hmac, encryption_version, verified_at)
            SELECT @user_id, @address, @hmac, @version, @verified_at::timestamptz
            WHERE NOT EXISTS (SELECT FROM email_addresses WHERE address_hmac = ANY (@hmacs))
            ON CONFLICT DO NOTHING
            """;

        if (await connection.ExecuteAsync(
            transaction, insert, cancellationToken,
            ("id", user.Id), ("name", user.Name), ("role", user.Role), ("password_hash", user.PasswordHash), ("created_at", user.CreatedAt)) == 0)
        {
            return AddUserOutcome.NameTaken.Instance;
        }

        if (email is null)
        {
            return new AddUserOutcome.Added(user);
        }

        var stored = vault.Seal(email, user.Id);
        if (await connection.ExecuteAsync(
            transaction, insertAddress, cancellationToken,
            ("user_id", user.Id), ("address", stored.Address), ("hmac", stored.Hmac), ("version", stored.Version),
            ("verified_at", user.EmailVerified == true ? user.CreatedAt : null), ("hmacs", vault.Find(email))) == 1)
        {
            return new AddUserOutcome.Added(user);
        }

        await connection.ExecuteAsync(transaction, "DELETE FROM users WHERE id = @id", cancellationToken, ("id", user.Id));
        return AddUserOutcome.EmailTaken.Instance;
    }

    /// <returns>Null when there is no such user, or it was erased.</returns>
    public ValueTask<User?> ChangeRoleAsync(Guid id, string role, string actor, CancellationToken cancellationToken)
    {
        const string sql = $"UPDATE users SET role = @role WHERE id = @id AND erased_at IS NULL RETURNING {User.Columns}";

        return ChangeAsync(sql, id, new(SecurityActions.UserRoleChanged, true, actor, id.ToString(), role), cancellationToken, ("role", role));
    }

    /// <summary>Ends all that the user has open as well: sessions, and grants with their refresh tokens.</summary>
    /// <returns>Null when there is no such user.</returns>
    public ValueTask<User?> DisableAsync(Guid id, string actor, CancellationToken cancellationToken)
    {
        // Two statements: a session that began while the first waited for it is there for the second.
        const string disable = $"UPDATE users SET disabled_at = COALESCE(disabled_at, @now) WHERE id = @id RETURNING {User.Columns}";
        const string end = """
            WITH revoked AS (UPDATE grants SET revoked_at = @now WHERE user_id = @id AND revoked_at IS NULL)
            DELETE FROM sessions WHERE user_id = @id
            """;

        var now = time.GetStorableNow();
        return database.WriteAsync(
            async (connection, transaction, attempt) =>
            {
                var user = await connection.FirstAsync(transaction, disable, User.From, attempt, ("id", id), ("now", now));
                if (user is not null)
                {
                    await connection.ExecuteAsync(transaction, end, attempt, ("id", id), ("now", now));
                    await events.RecordAsync(connection, transaction, new(SecurityActions.UserDisabled, true, actor, id.ToString()), attempt);
                }

                return user;
            },
            replaySafe: true,
            cancellationToken);
    }

    /// <returns>Null when there is no such user, or it was erased.</returns>
    public ValueTask<User?> EnableAsync(Guid id, string actor, CancellationToken cancellationToken)
    {
        const string sql = $"UPDATE users SET disabled_at = NULL WHERE id = @id AND erased_at IS NULL RETURNING {User.Columns}";

        return ChangeAsync(sql, id, new(SecurityActions.UserEnabled, true, actor, id.ToString()), cancellationToken);
    }

    /// <summary>At most <paramref name="limit"/> users that were made before <paramref name="before"/>, newest first.</summary>
    public ValueTask<List<User>> ListAsync(Guid before, int limit, CancellationToken cancellationToken)
    {
        const string sql = $"SELECT {User.Columns} FROM users WHERE users.id < @before ORDER BY users.id DESC LIMIT @limit";

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

internal abstract record AddUserOutcome
{
    public sealed record Added(User User) : AddUserOutcome;

    public sealed record NameTaken : AddUserOutcome
    {
        public static NameTaken Instance { get; } = new();
    }

    public sealed record EmailTaken : AddUserOutcome
    {
        public static EmailTaken Instance { get; } = new();
    }
}
