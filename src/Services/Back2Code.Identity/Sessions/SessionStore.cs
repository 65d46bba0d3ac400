using Back2Code.Data;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Back2Code.Identity;

/// <summary>The sessions in the database, by the digest of their cookie.</summary>
internal sealed class SessionStore(Database database, SecurityEvents events, IOptions<IdentityOptions> options, TimeProvider time)
{
    // A person reads the list.
    private const int MostListed = 100;

    private const string Delete = "DELETE FROM sessions WHERE id_sha256 = @id";

    /// <summary>Begins a session, and ends the one that the browser had: no cookie from before the sign-in opens what comes after it.</summary>
    /// <param name="user">As they were when they proved who they are.</param>
    /// <returns>The value of the cookie; null when the user has been disabled, deleted or given another password meanwhile.</returns>
    public async ValueTask<string?> StartAsync(User user, SessionOrigin origin, string? endedCookie, CancellationToken cancellationToken)
    {
        // Whoever changes the user and ends the sessions then waits for this one to be there, or comes first and is seen.
        const string unchanged = "SELECT true FROM users WHERE id = @id AND disabled_at IS NULL AND password_hash IS NOT DISTINCT FROM @hash FOR SHARE";
        const string insert = """
            INSERT INTO sessions (id_sha256, sid, user_id, authenticated_at, expires_at, agent, address)
            VALUES (@id, @sid, @user_id, @now, @expires_at, @agent, @address)
            ON CONFLICT (id_sha256) DO NOTHING
            """;

        string cookie = Secret.Create();
        Guid sid = Guid.NewGuid();
        var now = time.GetStorableNow();
        bool started = await database.WriteAsync(
            async (connection, transaction, attempt) =>
            {
                await using var look = connection.Command(transaction, unchanged, ("id", user.Id), ("hash", user.PasswordHash));
                if (await look.ExecuteScalarAsync(attempt) is null)
                {
                    return false;
                }

                if (endedCookie is not null)
                {
                    await connection.ExecuteAsync(transaction, Delete, attempt, ("id", Secret.Digest(endedCookie)));
                }

                await connection.ExecuteAsync(
                    transaction, insert, attempt,
                    ("id", Secret.Digest(cookie)), ("sid", sid), ("user_id", user.Id), ("now", now), ("expires_at", now + options.Value.SessionLifetime),
                    ("agent", origin.Agent), ("address", origin.Address));
                await events.RecordAsync(connection, transaction, new(SecurityActions.SignIn, true, user.Id.ToString(), user.Id.ToString()), attempt);
                return true;
            },
            replaySafe: true,
            cancellationToken);
        return started ? cookie : null;
    }

    /// <summary>The session of a cookie, while it lasts and its user is not disabled.</summary>
    public async ValueTask<Session?> FindAsync(string? cookie, CancellationToken cancellationToken)
    {
        const string sql = """
            SELECT s.sid, u.id, u.name, u.role, s.authenticated_at
            FROM sessions s JOIN users u ON u.id = s.user_id
            WHERE s.id_sha256 = @id AND s.expires_at > @now AND u.disabled_at IS NULL
            """;

        return cookie is not { Length: > 0 and < 100 }
            ? null
            : await database.ReadAsync(
                async (connection, attempt) => await connection.FirstAsync(
                    null, sql,
                    static row => new Session(row.GetGuid(0), row.GetGuid(1), row.GetString(2), row.GetString(3), row.GetFieldValue<DateTimeOffset>(4)),
                    attempt, ("id", Secret.Digest(cookie)), ("now", time.GetStorableNow())),
                cancellationToken);
    }

    /// <summary>The user's sessions, newest first.</summary>
    public ValueTask<List<ListedSession>> ListAsync(Guid userId, CancellationToken cancellationToken)
    {
        const string sql = """
            SELECT sid, agent, address, authenticated_at, expires_at FROM sessions
            WHERE user_id = @user_id AND expires_at > @now
            ORDER BY authenticated_at DESC, sid LIMIT @most
            """;

        return database.ReadAsync(
            async (connection, attempt) => await connection.ListAsync(
                null, sql,
                static row => new ListedSession(row.GetGuid(0), row.TextOrNull(1), row.TextOrNull(2), row.GetFieldValue<DateTimeOffset>(3), row.GetFieldValue<DateTimeOffset>(4)),
                attempt, ("user_id", userId), ("now", time.GetStorableNow()), ("most", MostListed)),
            cancellationToken);
    }

    /// <summary>Ends one session of the user, and what applications got through it: whoever ends a session that is not theirs means all of it.</summary>
    /// <returns>False when the user has no such session.</returns>
    public ValueTask<bool> EndAsync(Guid userId, Guid sid, string actor, CancellationToken cancellationToken)
    {
        const string sql = """
            WITH revoked AS (UPDATE grants SET revoked_at = @now WHERE user_id = @user_id AND sid = @sid AND revoked_at IS NULL)
            DELETE FROM sessions WHERE user_id = @user_id AND sid = @sid
            """;

        return database.WriteAsync(
            async (connection, transaction, attempt) =>
            {
                bool ended = await connection.ExecuteAsync(transaction, sql, attempt, ("user_id", userId), ("sid", sid), ("now", time.GetStorableNow())) == 1;
                if (ended)
                {
                    await events.RecordAsync(connection, transaction, new(SecurityActions.SessionEnded, true, actor, userId.ToString(), "one"), attempt);
                }

                return ended;
            },
            replaySafe: true,
            cancellationToken);
    }

    /// <summary>Ends all that the user has open, sessions and refresh tokens alike, but for the session <paramref name="except"/>.</summary>
    public async ValueTask EndAllAsync(Guid userId, Guid? except, string actor, CancellationToken cancellationToken) =>
        await database.WriteAsync(
            async (connection, transaction, attempt) =>
            {
                await EndAllAsync(connection, transaction, userId, except, attempt);
                await events.RecordAsync(connection, transaction, new(SecurityActions.SessionEnded, true, actor, userId.ToString(), "all"), attempt);
                return true;
            },
            replaySafe: true,
            cancellationToken);

    /// <summary>The same, as a part of <paramref name="transaction"/>, which records what it is for.</summary>
    public Task EndAllAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, Guid userId, Guid? except, CancellationToken cancellationToken)
    {
        const string sql = """
            WITH revoked AS (UPDATE grants SET revoked_at = @now WHERE user_id = @user_id AND revoked_at IS NULL)
            DELETE FROM sessions WHERE user_id = @user_id AND sid <> @except
            """;

        return connection.ExecuteAsync(
            transaction, sql, cancellationToken, ("user_id", userId), ("except", except ?? Guid.Empty), ("now", time.GetStorableNow()));
    }

    public async ValueTask EndAsync(string cookie, Session session, CancellationToken cancellationToken) =>
        await database.WriteAsync(
            async (connection, transaction, attempt) =>
            {
                int ended = await connection.ExecuteAsync(transaction, Delete, attempt, ("id", Secret.Digest(cookie)));
                await events.RecordAsync(connection, transaction, new(SecurityActions.SignOut, true, session.UserId.ToString(), session.UserId.ToString()), attempt);
                return ended;
            },
            replaySafe: true,
            cancellationToken);
}
