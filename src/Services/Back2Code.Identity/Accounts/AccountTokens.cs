using Back2Code.Data;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Back2Code.Identity;

/// <summary>What a link in a mail stands for.</summary>
/// <param name="UserId">Null for a registration.</param>
/// <param name="UserName">Null for a registration.</param>
/// <param name="Address">Where the mail went: whoever has the token reads mail there.</param>
internal sealed record AccountToken(Guid? UserId, string? UserName, string Address);

/// <summary>The tokens of links in mails: 256 random bits, kept as a digest, good once and for a time that begins when the mail is sent.</summary>
internal sealed class AccountTokens(Database database, EmailVault vault, IOptions<IdentityOptions> options, IOptions<MailOptions> mail, TimeProvider time)
{
    public const string Registration = "registration";
    public const string ResetPassword = "reset-password";
    public const string ChangeEmail = "change-email";

    private const string Good = """
        SELECT t.user_id, u.name, t.address, t.encryption_version
        FROM account_tokens t LEFT JOIN users u ON u.id = t.user_id
        WHERE t.token_sha256 = @token AND t.purpose = @purpose AND t.used_at IS NULL AND t.expires_at > @now AND u.disabled_at IS NULL
        """;

    private static readonly TimeSpan Window = TimeSpan.FromHours(1);

    /// <summary>Makes a token good. A second attempt to send its mail begins its time anew, unless it was used.</summary>
    /// <returns>False when the address has had enough of them for now.</returns>
    public async Task<bool> IssueAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, string token, string purpose, Guid? userId, string address, CancellationToken cancellationToken)
    {
        const string sql = """
            INSERT INTO account_tokens AS t (token_sha256, purpose, user_id, address, encryption_version, address_hmac, created_at, expires_at)
            SELECT @token, @purpose, @user_id::uuid, @address, @version, @hmac, @now, @expires_at
            WHERE (SELECT count(*) FROM account_tokens WHERE address_hmac = ANY (@hmacs) AND created_at > @since AND token_sha256 <> @token) < @most
            ON CONFLICT (token_sha256) DO UPDATE SET expires_at = EXCLUDED.expires_at WHERE t.used_at IS NULL
            """;

        var now = time.GetStorableNow();
        var stored = vault.Seal(address, userId);
        return await connection.ExecuteAsync(
            transaction, sql, cancellationToken,
            ("token", Secret.Digest(token)), ("purpose", purpose), ("user_id", userId), ("address", stored.Address), ("version", stored.Version), ("hmac", stored.Hmac),
            ("hmacs", vault.Find(address)), ("now", now), ("expires_at", now + options.Value.MailLinkLifetime), ("since", now - Window), ("most", mail.Value.MostPerAddress)) == 1;
    }

    /// <summary>What a token stands for, without using it: to open a link is not to follow it, and some readers of mail open them all.</summary>
    public async ValueTask<AccountToken?> FindAsync(string? token, string purpose, CancellationToken cancellationToken) =>
        token is not { Length: > 0 and < 100 }
            ? null
            : await database.ReadAsync(
                async (connection, attempt) => await connection.FirstAsync(
                    null, Good, Read, attempt, ("token", Secret.Digest(token)), ("purpose", purpose), ("now", time.GetStorableNow())),
                cancellationToken);

    /// <summary>The same within a transaction, and nobody else can use it until that ends.</summary>
    public Task<AccountToken?> LockAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, string token, string purpose, CancellationToken cancellationToken) =>
        connection.FirstAsync(
            transaction, Good + " FOR UPDATE OF t", Read, cancellationToken, ("token", Secret.Digest(token)), ("purpose", purpose), ("now", time.GetStorableNow()));

    /// <summary>Ends the token, and all others of its purpose and user.</summary>
    public Task UseAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, string token, string purpose, Guid? userId, CancellationToken cancellationToken)
    {
        const string sql = """
            UPDATE account_tokens SET used_at = @now
            WHERE used_at IS NULL AND purpose = @purpose AND (token_sha256 = @token OR user_id = @user_id)
            """;

        return connection.ExecuteAsync(
            transaction, sql, cancellationToken, ("token", Secret.Digest(token)), ("purpose", purpose), ("user_id", userId ?? Guid.Empty), ("now", time.GetStorableNow()));
    }

    private AccountToken Read(NpgsqlDataReader row)
    {
        var userId = row.ValueOrNull<Guid>(0);
        return new(userId, row.TextOrNull(1), vault.Open(row.GetFieldValue<byte[]>(2), row.GetInt32(3), userId));
    }
}
