using Back2Code.Data;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Back2Code.Identity;

/// <summary>The sessions in the database, by the digest of their cookie.</summary>
internal sealed class SessionStore(Database database, SecurityEvents events, IOptions<IdentityOptions> options, TimeProvider time)
{
    private const string Delete = "DELETE FROM sessions WHERE id_sha256 = @id";

    /// <summary>Begins a session, and ends the one that the browser had: no cookie from before the sign-in opens what comes after it.</summary>
    /// <returns>The value of the cookie.</returns>
    public async ValueTask<string> StartAsync(User user, string? endedCookie, CancellationToken cancellationToken)
    {
        const string insert = """
            INSERT INTO sessions (id_sha256, sid, user_id, authenticated_at, expires_at)
            VALUES (@id, @sid, @user_id, @now, @expires_at)
            ON CONFLICT (id_sha256) DO NOTHING
            """;

        string cookie = Secret.Create();
        Guid sid = Guid.NewGuid();
        var now = time.GetStorableNow();
        await database.WriteAsync(
            async (connection, transaction, attempt) =>
            {
                if (endedCookie is not null)
                {
                    await connection.ExecuteAsync(transaction, Delete, attempt, ("id", Secret.Digest(endedCookie)));
                }

                await events.RecordAsync(connection, transaction, new(SecurityActions.SignIn, true, user.Id.ToString(), user.Id.ToString()), attempt);
                return await connection.ExecuteAsync(
                    transaction, insert, attempt,
                    ("id", Secret.Digest(cookie)), ("sid", sid), ("user_id", user.Id), ("now", now), ("expires_at", now + options.Value.SessionLifetime));
            },
            replaySafe: true,
            cancellationToken);
        return cookie;
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

    public async ValueTask EndAsync(string cookie, Session session, CancellationToken cancellationToken) =>
        await database.WriteAsync(
            async (connection, transaction, attempt) =>
            {
                await events.RecordAsync(connection, transaction, new(SecurityActions.SignOut, true, session.UserId.ToString(), session.UserId.ToString()), attempt);
                return await connection.ExecuteAsync(transaction, Delete, attempt, ("id", Secret.Digest(cookie)));
            },
            replaySafe: true,
            cancellationToken);
}
