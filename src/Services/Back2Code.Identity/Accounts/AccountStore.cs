using Back2Code.Data;
using Npgsql;

namespace Back2Code.Identity;

/// <summary>What people change about their own accounts, each change with the mail and the record that go with it.</summary>
internal sealed class AccountStore(
    Database database, UserStore users, AccountTokens tokens, SessionStore sessions, EmailVault vault, MailQueue mail, SecurityEvents events, TimeProvider time)
{
    /// <summary>Makes the user of a registration whose mail was answered.</summary>
    /// <returns>Null when the link is good no more, or the address has got another account meanwhile.</returns>
    public ValueTask<AddUserOutcome?> RegisterAsync(string token, string name, string passwordHash, string role, CancellationToken cancellationToken)
    {
        var now = time.GetStorableNow();
        User user = new(Guid.CreateVersion7(now), name, role, passwordHash, now, null, EmailVerified: true);
        return database.WriteAsync(
            async (connection, transaction, attempt) =>
            {
                if (await tokens.LockAsync(connection, transaction, token, AccountTokens.Registration, attempt) is not { } link)
                {
                    return null;
                }

                var outcome = await users.InsertAsync(connection, transaction, user, link.Address, attempt);
                if (outcome is AddUserOutcome.Added)
                {
                    await tokens.UseAsync(connection, transaction, token, AccountTokens.Registration, null, attempt);
                    await events.RecordAsync(
                        connection, transaction, new(SecurityActions.UserRegistered, true, user.Id.ToString(), user.Id.ToString(), role), attempt);
                }

                return outcome is AddUserOutcome.EmailTaken ? null : outcome;
            },
            replaySafe: false,
            cancellationToken);
    }

    /// <summary>Sets a password by a link, and ends all that the user has open: whoever was in with the old one is out.</summary>
    /// <returns>False when the link is good no more.</returns>
    public ValueTask<bool> ResetPasswordAsync(string token, string passwordHash, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (connection, transaction, attempt) =>
            {
                // The link came by mail, so the address is the user's; if it is still the one that mail goes to.
                const string verify = """
                    UPDATE email_addresses SET verified_at = @now WHERE user_id = @user_id AND verified_at IS NULL AND address_hmac = ANY (@hmacs)
                    """;

                if (await tokens.LockAsync(connection, transaction, token, AccountTokens.ResetPassword, attempt) is not { UserId: { } userId } link)
                {
                    return false;
                }

                await SetPasswordAsync(connection, transaction, userId, passwordHash, attempt);
                await tokens.UseAsync(connection, transaction, token, AccountTokens.ResetPassword, userId, attempt);
                await connection.ExecuteAsync(transaction, verify, attempt, ("user_id", userId), ("now", time.GetStorableNow()), ("hmacs", vault.Find(link.Address)));
                await sessions.EndAllAsync(connection, transaction, userId, except: null, attempt);
                await mail.TellAsync(connection, transaction, new(MailKinds.PasswordChanged, UserId: userId), attempt);
                await events.RecordAsync(connection, transaction, new(SecurityActions.PasswordReset, true, userId.ToString(), userId.ToString()), attempt);
                return true;
            },
            replaySafe: false,
            cancellationToken);

    /// <summary>Sets a password for somebody who knew the one before. Ends all else that the user has open, and links to reset the password.</summary>
    public async ValueTask ChangePasswordAsync(Session session, string passwordHash, CancellationToken cancellationToken) =>
        await database.WriteAsync(
            async (connection, transaction, attempt) =>
            {
                const string endLinks = "UPDATE account_tokens SET used_at = @now WHERE user_id = @user_id AND purpose = 'reset-password' AND used_at IS NULL";

                await SetPasswordAsync(connection, transaction, session.UserId, passwordHash, attempt);
                await connection.ExecuteAsync(transaction, endLinks, attempt, ("user_id", session.UserId), ("now", time.GetStorableNow()));
                await sessions.EndAllAsync(connection, transaction, session.UserId, session.Sid, attempt);
                await mail.TellAsync(connection, transaction, new(MailKinds.PasswordChanged, UserId: session.UserId), attempt);
                await events.RecordAsync(
                    connection, transaction, new(SecurityActions.PasswordChanged, true, session.UserId.ToString(), session.UserId.ToString()), attempt);
                return true;
            },
            replaySafe: true,
            cancellationToken);

    /// <summary>Where the user gets mail; null when nowhere.</summary>
    public ValueTask<string?> FindEmailAsync(Guid userId, CancellationToken cancellationToken) =>
        database.ReadAsync(async (connection, attempt) => await FindEmailAsync(connection, null, userId, attempt), cancellationToken);

    /// <summary>Makes the address of a link the user's, and tells the one before.</summary>
    /// <returns>False when the link is good no more, or the address has got another account meanwhile.</returns>
    public ValueTask<bool> ConfirmEmailAsync(string token, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (connection, transaction, attempt) =>
            {
                // Two users who confirm one address at one instant would both find it free.
                const string oneAtATime = "SELECT pg_advisory_xact_lock(hashtextextended(encode(@hmac, 'hex'), 0))";
                const string set = """
                    INSERT INTO email_addresses AS e (user_id, address, address_hmac, encryption_version, verified_at)
                    SELECT @user_id, @address, @hmac, @version, @now
                    WHERE NOT EXISTS (SELECT FROM email_addresses WHERE address_hmac = ANY (@hmacs) AND user_id <> @user_id)
                    ON CONFLICT (user_id) DO UPDATE SET address = EXCLUDED.address, address_hmac = EXCLUDED.address_hmac,
                      encryption_version = EXCLUDED.encryption_version, verified_at = EXCLUDED.verified_at
                    """;

                if (await tokens.LockAsync(connection, transaction, token, AccountTokens.ChangeEmail, attempt) is not { UserId: { } userId } link)
                {
                    return false;
                }

                string? before = await FindEmailAsync(connection, transaction, userId, attempt);
                var stored = vault.Seal(link.Address, userId);
                await connection.ExecuteAsync(transaction, oneAtATime, attempt, ("hmac", stored.Hmac));
                if (await connection.ExecuteAsync(
                    transaction, set, attempt,
                    ("user_id", userId), ("address", stored.Address), ("hmac", stored.Hmac), ("version", stored.Version), ("now", time.GetStorableNow()),
                    ("hmacs", vault.Find(link.Address))) == 0)
                {
                    return false;
                }

                await tokens.UseAsync(connection, transaction, token, AccountTokens.ChangeEmail, userId, attempt);
                if (before is not null && EmailAddress.Normalize(before) != EmailAddress.Normalize(link.Address))
                {
                    await mail.TellAsync(connection, transaction, new(MailKinds.EmailChanged, before, userId), attempt);
                }

                await events.RecordAsync(connection, transaction, new(SecurityActions.EmailVerified, true, userId.ToString(), userId.ToString()), attempt);
                return true;
            },
            replaySafe: false,
            cancellationToken);

    private static Task<int> SetPasswordAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid userId, string passwordHash, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(
            transaction, "UPDATE users SET password_hash = @hash WHERE id = @id", cancellationToken, ("hash", passwordHash), ("id", userId));

    private Task<string?> FindEmailAsync(NpgsqlConnection connection, NpgsqlTransaction? transaction, Guid userId, CancellationToken cancellationToken)
    {
        const string sql = "SELECT address, encryption_version FROM email_addresses WHERE user_id = @user_id";

        return connection.FirstAsync(
            transaction, sql, row => vault.Open(row.GetFieldValue<byte[]>(0), row.GetInt32(1), userId), cancellationToken, ("user_id", userId));
    }
}
