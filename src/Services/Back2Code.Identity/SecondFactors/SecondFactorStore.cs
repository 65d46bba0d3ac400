using System.Security.Cryptography;
using Back2Code.Data;
using Npgsql;

namespace Back2Code.Identity;

/// <summary>Authenticators and recovery codes in the database.</summary>
internal sealed class SecondFactorStore(Database database, KeyEncryption encryption, MailQueue mail, SecurityEvents events, TimeProvider time)
{
    /// <summary>A new secret, which counts for nothing before a code of it was seen. One that was shown before and not confirmed is replaced.</summary>
    /// <returns>Null when the user has a second factor already.</returns>
    public async ValueTask<byte[]?> BeginAsync(Guid userId, CancellationToken cancellationToken)
    {
        const string sql = """
            INSERT INTO second_factors AS f (user_id, secret, encryption_version) VALUES (@user_id, @secret, @version)
            ON CONFLICT (user_id) DO UPDATE SET secret = EXCLUDED.secret, encryption_version = EXCLUDED.encryption_version, last_step = 0
            WHERE f.confirmed_at IS NULL
            """;

        byte[] secret = RandomNumberGenerator.GetBytes(Totp.SecretBytes);
        return await database.WriteAsync(
            async (connection, transaction, attempt) => await connection.ExecuteAsync(
                transaction, sql, attempt, ("user_id", userId), ("secret", encryption.Encrypt(secret, Name(userId))), ("version", encryption.Version)) == 1,
            replaySafe: true,
            cancellationToken)
            ? secret
            : null;
    }

    /// <summary>The secret that waits for its first code; null when none does.</summary>
    public async ValueTask<byte[]?> PendingAsync(Guid userId, CancellationToken cancellationToken) =>
        await database.ReadAsync(async (connection, attempt) => await FindAsync(connection, null, userId, attempt), cancellationToken) is { IsConfirmed: false } waiting
            ? waiting.Secret
            : null;

    /// <summary>Turns it on with a first code.</summary>
    /// <returns>The recovery codes, which are shown this once; null when the code is wrong.</returns>
    public async ValueTask<string[]?> ConfirmAsync(Guid userId, string code, CancellationToken cancellationToken)
    {
        const string sql = "UPDATE second_factors SET confirmed_at = @now, last_step = @step WHERE user_id = @user_id";

        return await database.WriteAsync(
            async (connection, transaction, attempt) =>
            {
                if (await FindAsync(connection, transaction, userId, attempt) is not { IsConfirmed: false } waiting
                    || Totp.FindStep(waiting.Secret, code, time.GetUtcNow(), waiting.LastStep) is not { } step)
                {
                    return null;
                }

                await connection.ExecuteAsync(transaction, sql, attempt, ("user_id", userId), ("now", time.GetStorableNow()), ("step", step));
                string[] codes = await ReplaceCodesAsync(connection, transaction, userId, attempt);
                await mail.TellAsync(connection, transaction, new(MailKinds.SecondFactorOn, UserId: userId), attempt);
                await events.RecordAsync(connection, transaction, Happened(SecurityActions.SecondFactorEnabled, userId), attempt);
                return codes;
            },
            replaySafe: false,
            cancellationToken);
    }

    /// <summary>Takes a code of the authenticator, or a recovery code, and that one only once.</summary>
    public async ValueTask<bool> UseAsync(Guid userId, string typed, CancellationToken cancellationToken) =>
        await database.WriteAsync(
            async (connection, transaction, attempt) => RecoveryCode.Read(typed) is { } recovery
                ? await UseRecoveryAsync(connection, transaction, userId, recovery, attempt)
                : await UseTotpAsync(connection, transaction, userId, typed, attempt),
            replaySafe: false,
            cancellationToken);

    /// <summary>Other recovery codes instead of those that are left.</summary>
    /// <returns>Null when the user has no second factor.</returns>
    public async ValueTask<string[]?> RenewCodesAsync(Guid userId, CancellationToken cancellationToken) =>
        await database.WriteAsync(
            async (connection, transaction, attempt) =>
            {
                if (await FindAsync(connection, transaction, userId, attempt) is not { IsConfirmed: true })
                {
                    return null;
                }

                string[] codes = await ReplaceCodesAsync(connection, transaction, userId, attempt);
                await events.RecordAsync(connection, transaction, Happened(SecurityActions.RecoveryCodesReplaced, userId), attempt);
                return codes;
            },
            replaySafe: true,
            cancellationToken);

    /// <summary>How many recovery codes are left.</summary>
    public ValueTask<long> CountCodesAsync(Guid userId, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async (connection, attempt) =>
            {
                await using var command = connection.Command(null, "SELECT count(*) FROM recovery_codes WHERE user_id = @user_id AND used_at IS NULL", ("user_id", userId));
                return (long)(await command.ExecuteScalarAsync(attempt))!;
            },
            cancellationToken);

    /// <param name="actor">The user, or an operator for somebody who has lost everything.</param>
    /// <returns>False when there is none.</returns>
    public ValueTask<bool> RemoveAsync(Guid userId, string actor, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (connection, transaction, attempt) =>
            {
                bool removed = await connection.ExecuteAsync(transaction, "DELETE FROM second_factors WHERE user_id = @user_id", attempt, ("user_id", userId)) == 1;
                if (removed)
                {
                    await mail.TellAsync(connection, transaction, new(MailKinds.SecondFactorOff, UserId: userId), attempt);
                    await events.RecordAsync(connection, transaction, Happened(SecurityActions.SecondFactorDisabled, userId) with { Actor = actor }, attempt);
                }

                return removed;
            },
            replaySafe: true,
            cancellationToken);

    /// <summary>The same secret under the newest version of the encryption key.</summary>
    public byte[] Reencrypt(Guid userId, byte[] secret, int version) => encryption.Encrypt(encryption.Decrypt(secret, version, Name(userId)), Name(userId));

    private async Task<bool> UseTotpAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, Guid userId, string code, CancellationToken cancellationToken)
    {
        // The row is locked since it was read: of two that bring the same code at once, one is late.
        if (await FindAsync(connection, transaction, userId, cancellationToken) is not { IsConfirmed: true } factor
            || Totp.FindStep(factor.Secret, code, time.GetUtcNow(), factor.LastStep) is not { } step)
        {
            return false;
        }

        await connection.ExecuteAsync(
            transaction, "UPDATE second_factors SET last_step = @step WHERE user_id = @user_id", cancellationToken, ("step", step), ("user_id", userId));
        return true;
    }

    private async Task<bool> UseRecoveryAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, Guid userId, string code, CancellationToken cancellationToken)
    {
        const string sql = "UPDATE recovery_codes SET used_at = @now WHERE user_id = @user_id AND code_sha256 = @code AND used_at IS NULL";

        if (await connection.ExecuteAsync(
            transaction, sql, cancellationToken, ("now", time.GetStorableNow()), ("user_id", userId), ("code", RecoveryCode.Digest(userId, code))) != 1)
        {
            return false;
        }

        await mail.TellAsync(connection, transaction, new(MailKinds.RecoveryCodeUsed, UserId: userId), cancellationToken);
        await events.RecordAsync(connection, transaction, Happened(SecurityActions.RecoveryCodeUsed, userId), cancellationToken);
        return true;
    }

    private static async Task<string[]> ReplaceCodesAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, Guid userId, CancellationToken cancellationToken)
    {
        const string sql = """
            WITH gone AS (DELETE FROM recovery_codes WHERE user_id = @user_id)
            INSERT INTO recovery_codes (user_id, code_sha256) SELECT @user_id, unnest(@codes)
            """;

        string[] codes = [.. Enumerable.Range(0, RecoveryCode.Count).Select(static _ => RecoveryCode.Create())];
        await connection.ExecuteAsync(
            transaction, sql, cancellationToken, ("user_id", userId), ("codes", codes.Select(code => RecoveryCode.Digest(userId, code)).ToArray()));
        return codes;
    }

    private async Task<Stored?> FindAsync(NpgsqlConnection connection, NpgsqlTransaction? transaction, Guid userId, CancellationToken cancellationToken)
    {
        const string sql = "SELECT secret, encryption_version, confirmed_at IS NOT NULL, last_step FROM second_factors WHERE user_id = @user_id FOR UPDATE";

        return await connection.FirstAsync(
            transaction, sql,
            row => new Stored(encryption.Decrypt(row.GetFieldValue<byte[]>(0), row.GetInt32(1), Name(userId)), row.GetBoolean(2), row.GetInt64(3)),
            cancellationToken, ("user_id", userId));
    }

    private static SecurityEvent Happened(string action, Guid userId) => new(action, true, userId.ToString(), userId.ToString());

    private static string Name(Guid userId) => $"second factor {userId}";

    private sealed record Stored(byte[] Secret, bool IsConfirmed, long LastStep);
}
