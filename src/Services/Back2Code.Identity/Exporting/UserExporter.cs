using Back2Code.Data;
using Back2Code.Identity.Audit;
using Back2Code.Identity.Erasing;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Back2Code.Identity.Exporting;

/// <summary>Reads all that this service holds about somebody, page by page.</summary>
internal sealed class UserExporter(
    Database database, UserStore users, ErasureStore erasures, OwnData own, EmailVault vault, SecurityEvents events, IOptions<IdentityOptions> options, TimeProvider time)
{
    private const int PageRows = 500;

    private const string SelectSessions = """
        SELECT sid, agent, address, authenticated_at, expires_at FROM sessions WHERE user_id = @user_id AND sid > @after ORDER BY sid LIMIT @limit
        """;

    private const string SelectGrants = """
        SELECT id, client_id, oidc_scopes || permissions, created_at, expires_at, revoked_at FROM grants WHERE user_id = @user_id AND id > @after ORDER BY id LIMIT @limit
        """;

    private const string SelectConsents = "SELECT client_id, scopes, granted_at FROM consents WHERE user_id = @user_id AND client_id > @after ORDER BY client_id LIMIT @limit";

    private const string SelectLinks = """
        SELECT token_sha256, purpose, address, encryption_version, created_at, expires_at, used_at FROM account_tokens
        WHERE user_id = @user_id AND token_sha256 > @after ORDER BY token_sha256 LIMIT @limit
        """;

    // Two walks of an index each; one condition with OR would walk the trail.
    private const string SelectRecords = $"""
        (SELECT {StoredRecord.Columns} FROM audit_records WHERE subject = @user_text AND sequence > @after ORDER BY sequence LIMIT @limit)
        UNION
        (SELECT {StoredRecord.Columns} FROM audit_records WHERE target IN (@user_text, 'users/' || @user_text) AND sequence > @after ORDER BY sequence LIMIT @limit)
        ORDER BY sequence LIMIT @limit
        """;

    /// <param name="actor">Who asks: the user, or an operator. It is recorded before anything is given out.</param>
    /// <param name="isOwn">Whether it is for the user, who has other paths at the other services than an operator.</param>
    /// <returns>Null when there is no such user.</returns>
    public async Task<UserExport?> ExportAsync(Guid userId, string actor, bool isOwn, CancellationToken cancellationToken)
    {
        if (await users.FindAsync(userId, cancellationToken) is not { } user)
        {
            return null;
        }

        await database.WriteAsync(
            async (connection, transaction, attempt) =>
            {
                await events.RecordAsync(connection, transaction, new(SecurityActions.UserExported, true, actor, userId.ToString()), attempt);
                return true;
            },
            replaySafe: false,
            cancellationToken);
        var (email, secondFactor) = await ReadSingleAsync(userId, cancellationToken);
        return new UserExport(
            time.GetStorableNow(), UserView.From(user), email, secondFactor, await erasures.FindAsync(userId, cancellationToken),
            Pages(userId, SelectSessions, Guid.Empty, static one => one.Id, static row => new ExportedSession(
                row.GetGuid(0), row.TextOrNull(1), row.TextOrNull(2), row.GetFieldValue<DateTimeOffset>(3), row.GetFieldValue<DateTimeOffset>(4))),
            Pages(userId, SelectGrants, Guid.Empty, static one => one.Id, static row => new ExportedGrant(
                row.GetGuid(0), row.GetString(1), row.GetFieldValue<string[]>(2), row.GetFieldValue<DateTimeOffset>(3), row.GetFieldValue<DateTimeOffset>(4), row.ValueOrNull<DateTimeOffset>(5))),
            Pages(userId, SelectConsents, "", static one => one.ClientId, static row => new ExportedConsent(
                row.GetString(0), row.GetFieldValue<string[]>(1), row.GetFieldValue<DateTimeOffset>(2))),
            LinksAsync(userId),
            own.WaitingMailsAsync(userId, email?.Address, user.Name, CancellationToken.None),
            Pages(userId, SelectRecords, 0L, static one => one.Sequence, static row => AuditView.From(StoredRecord.From(row))),
            options.Value.PersonalData.ToDictionary(static service => service.Key, service => isOwn ? service.Value : $"{service.Value}/{userId}"));
    }

    private ValueTask<(ExportedEmail? Email, ExportedSecondFactor? SecondFactor)> ReadSingleAsync(Guid userId, CancellationToken cancellationToken)
    {
        const string email = "SELECT address, encryption_version, verified_at FROM email_addresses WHERE user_id = @user_id";
        const string factor = """
            SELECT confirmed_at, (SELECT count(*) FROM recovery_codes c WHERE c.user_id = f.user_id AND used_at IS NULL) FROM second_factors f WHERE user_id = @user_id
            """;

        return database.ReadAsync(
            async (connection, attempt) => (
                await connection.FirstAsync(
                    null, email, row => new ExportedEmail(vault.Open(row.GetFieldValue<byte[]>(0), row.GetInt32(1), userId), row.ValueOrNull<DateTimeOffset>(2)),
                    attempt, ("user_id", userId)),
                await connection.FirstAsync(
                    null, factor, static row => new ExportedSecondFactor(row.ValueOrNull<DateTimeOffset>(0), row.GetInt64(1)), attempt, ("user_id", userId))),
            cancellationToken);
    }

    private async IAsyncEnumerable<ExportedLink> LinksAsync(Guid userId)
    {
        var links = Pages(userId, SelectLinks, Array.Empty<byte>(), static one => one.Digest, row => (
            Digest: row.GetFieldValue<byte[]>(0),
            Link: new ExportedLink(
                row.GetString(1), vault.Open(row.GetFieldValue<byte[]>(2), row.GetInt32(3), userId), row.GetFieldValue<DateTimeOffset>(4),
                row.GetFieldValue<DateTimeOffset>(5), row.ValueOrNull<DateTimeOffset>(6))));
        await foreach (var (_, link) in links)
        {
            yield return link;
        }
    }

    private IAsyncEnumerable<T> Pages<TKey, T>(Guid userId, string sql, TKey first, Func<T, TKey> keyOf, Func<NpgsqlDataReader, T> from)
        where TKey : notnull =>
        KeysetPages.ReadAsync(
            first, keyOf, PageRows,
            (after, token) => database.ReadAsync(
                async (connection, attempt) => await connection.ListAsync(
                    null, sql, from, attempt, ("user_id", userId), ("user_text", userId.ToString()), ("after", after), ("limit", PageRows)),
                token),
            CancellationToken.None);
}
