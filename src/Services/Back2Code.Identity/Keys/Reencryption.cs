using Back2Code.Data;
using Npgsql;

namespace Back2Code.Identity;

/// <summary>
/// Brings what is encrypted in the database under the newest version of the encryption key, in small transactions: it can end anywhere and go on later, and
/// replicas that do it at once share the work. When nothing is left the earlier keys can be removed.
/// </summary>
internal sealed class Reencryption(Database database, KeyEncryption encryption, EmailVault vault, MailQueue mails, SecondFactorStore secondFactors, SecurityEvents events)
{
    // A transaction of a few dozen milliseconds.
    internal const int BatchRows = 200;

    private const string Count = """
        SELECT 'emailAddresses', count(*) FILTER (WHERE encryption_version = ANY (@known)), count(*) FROM email_addresses WHERE encryption_version <> @version
        UNION ALL
        SELECT 'links', count(*) FILTER (WHERE encryption_version = ANY (@known)), count(*) FROM account_tokens WHERE encryption_version <> @version
        UNION ALL
        SELECT 'mails', count(*) FILTER (WHERE encryption_version = ANY (@known)), count(*) FROM mails WHERE encryption_version <> @version
        UNION ALL
        SELECT 'secondFactors', count(*) FILTER (WHERE encryption_version = ANY (@known)), count(*) FROM second_factors WHERE encryption_version <> @version
        UNION ALL
        SELECT 'signingKeys', count(*) FILTER (WHERE encryption_version = ANY (@known)), count(*) FROM signing_keys WHERE private_key IS NOT NULL AND encryption_version <> @version
        """;

    private readonly int[] _known = [.. encryption.Versions];

    public async ValueTask<EncryptionView> CountAsync(CancellationToken cancellationToken)
    {
        var counts = await database.ReadAsync(
            async (connection, attempt) => await connection.ListAsync(
                null, Count, static row => (Kind: row.GetString(0), Readable: row.GetInt64(1), All: row.GetInt64(2)), attempt, ("known", _known), ("version", encryption.Version)),
            cancellationToken);
        return new EncryptionView(
            encryption.Version, [.. _known.Where(version => version != encryption.Version).Order()], counts.Sum(static one => one.Readable),
            counts.Sum(static one => one.All - one.Readable), counts.ToDictionary(static one => one.Kind, static one => one.All));
    }

    /// <summary>A few rows of whatever is left.</summary>
    /// <returns>How many; zero when all that can be read is under the newest version, or others are at what is left.</returns>
    public ValueTask<int> ChangeSomeAsync(string actor, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (connection, transaction, attempt) =>
            {
                int changed = 0;
                foreach (var change in (Func<NpgsqlConnection, NpgsqlTransaction, CancellationToken, Task<int>>[])[AddressesAsync, LinksAsync, MailsAsync, SecondFactorsAsync, SigningKeysAsync])
                {
                    changed = await change(connection, transaction, attempt);
                    if (changed > 0)
                    {
                        await events.RecordAsync(
                            connection, transaction, new(SecurityActions.EncryptionRotated, true, actor, $"version {encryption.Version}", $"{changed} rows"), attempt);
                        break;
                    }
                }

                return changed;
            },
            replaySafe: true,
            cancellationToken);

    private Task<int> AddressesAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        const string select = """
            SELECT user_id, address, encryption_version FROM email_addresses
            WHERE encryption_version <> @version AND encryption_version = ANY (@known) ORDER BY user_id LIMIT @limit FOR UPDATE SKIP LOCKED
            """;
        const string update = "UPDATE email_addresses SET address = @address, address_hmac = @hmac, encryption_version = @version WHERE user_id = @id";

        return ChangeAsync(
            connection, transaction, select, update,
            row =>
            {
                var stored = vault.Seal(vault.Open(row.GetFieldValue<byte[]>(1), row.GetInt32(2), row.GetGuid(0)), row.GetGuid(0));
                return [("id", row.GetGuid(0)), ("address", stored.Address), ("hmac", stored.Hmac)];
            },
            cancellationToken);
    }

    private Task<int> LinksAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        const string select = """
            SELECT token_sha256, address, encryption_version, user_id FROM account_tokens
            WHERE encryption_version <> @version AND encryption_version = ANY (@known) ORDER BY token_sha256 LIMIT @limit FOR UPDATE SKIP LOCKED
            """;
        const string update = "UPDATE account_tokens SET address = @address, address_hmac = @hmac, encryption_version = @version WHERE token_sha256 = @id";

        return ChangeAsync(
            connection, transaction, select, update,
            row =>
            {
                var owner = row.ValueOrNull<Guid>(3);
                var stored = vault.Seal(vault.Open(row.GetFieldValue<byte[]>(1), row.GetInt32(2), owner), owner);
                return [("id", row.GetFieldValue<byte[]>(0)), ("address", stored.Address), ("hmac", stored.Hmac)];
            },
            cancellationToken);
    }

    private Task<int> MailsAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        const string select = """
            SELECT id, content, encryption_version FROM mails
            WHERE encryption_version <> @version AND encryption_version = ANY (@known) ORDER BY id LIMIT @limit FOR UPDATE SKIP LOCKED
            """;
        const string update = "UPDATE mails SET content = @content, encryption_version = @version WHERE id = @id";

        return ChangeAsync(
            connection, transaction, select, update,
            row => [("id", row.GetGuid(0)), ("content", mails.Seal(row.GetGuid(0), mails.Open(row.GetGuid(0), row.GetFieldValue<byte[]>(1), row.GetInt32(2))))],
            cancellationToken);
    }

    private Task<int> SecondFactorsAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        const string select = """
            SELECT user_id, secret, encryption_version FROM second_factors
            WHERE encryption_version <> @version AND encryption_version = ANY (@known) ORDER BY user_id LIMIT @limit FOR UPDATE SKIP LOCKED
            """;
        const string update = "UPDATE second_factors SET secret = @secret, encryption_version = @version WHERE user_id = @id";

        return ChangeAsync(
            connection, transaction, select, update,
            row => [("id", row.GetGuid(0)), ("secret", secondFactors.Reencrypt(row.GetGuid(0), row.GetFieldValue<byte[]>(1), row.GetInt32(2)))],
            cancellationToken);
    }

    private Task<int> SigningKeysAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        const string select = """
            SELECT id, private_key, encryption_version FROM signing_keys
            WHERE private_key IS NOT NULL AND encryption_version <> @version AND encryption_version = ANY (@known) ORDER BY id LIMIT @limit FOR UPDATE SKIP LOCKED
            """;
        const string update = "UPDATE signing_keys SET private_key = @private_key, encryption_version = @version WHERE id = @id";

        return ChangeAsync(
            connection, transaction, select, update,
            row =>
            {
                string id = row.GetString(0);
                return [("id", id), ("private_key", encryption.Encrypt(encryption.Decrypt(row.GetFieldValue<byte[]>(1), row.GetInt32(2), id), id))];
            },
            cancellationToken);
    }

    private async Task<int> ChangeAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, string select, string update, Func<NpgsqlDataReader, (string Name, object? Value)[]> change,
        CancellationToken cancellationToken)
    {
        var rows = await connection.ListAsync(
            transaction, select, change, cancellationToken, ("version", encryption.Version), ("known", _known), ("limit", BatchRows));
        foreach (var values in rows)
        {
            await connection.ExecuteAsync(transaction, update, cancellationToken, [("version", encryption.Version), .. values]);
        }

        return rows.Count;
    }
}

/// <summary>Under which versions of the encryption key the database's secrets are.</summary>
/// <param name="Version">The newest, which new data is encrypted under.</param>
/// <param name="PreviousVersions">Others that can be read.</param>
/// <param name="Left">Rows under those: with none left, their keys can be removed from the settings.</param>
/// <param name="Unreadable">Rows under a version that no key is known of.</param>
/// <param name="ByKind">Both together, by kind.</param>
/// <param name="Changed">Rows that this request changed.</param>
public sealed record EncryptionView(
    int Version, IReadOnlyList<int> PreviousVersions, long Left, long Unreadable, IReadOnlyDictionary<string, long> ByKind, int Changed = 0);
