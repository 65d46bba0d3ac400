using Back2Code.Data;
using Back2Code.Resilience;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Back2Code.Identity;

/// <summary>
/// The signing keys: kept in PostgreSQL, where all replicas find the same ones, and held in memory, from where they are served while PostgreSQL is away.
/// The next key is published long before it signs and a retired one long after, so that nobody ever meets a signature without its key.
/// </summary>
internal sealed class SigningKeys(Database database, KeyEncryption encryption, IOptions<IdentityOptions> options, SecurityEvents events, TimeProvider time)
{
    private static readonly TimeSpan SoonReady = TimeSpan.FromSeconds(1);

    private volatile KeyRing? _ring;

    /// <exception cref="DependencyUnavailableException">The keys could not be loaded since the start.</exception>
    public KeyRing Current => _ring ?? throw new DependencyUnavailableException("signing-keys", DependencyUnavailableReason.Failed, SoonReady);

    /// <summary>The key of this id, after another look into the database if need be: another replica may have rotated a moment ago.</summary>
    public async ValueTask<SigningKey?> FindAsync(string id, CancellationToken cancellationToken)
    {
        if (Current.Find(id) is { } key)
        {
            return key;
        }

        await RefreshAsync(cancellationToken);
        return Current.Find(id);
    }

    /// <summary>Does what the schedule asks for, and loads what is there then.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        var now = time.GetStorableNow();
        var stored = await database.ReadAsync((connection, attempt) => ListAsync(connection, null, attempt), cancellationToken);
        if (IsDue(stored, now))
        {
            stored = await ChangeAsync(rotate: false, actor: null, cancellationToken);
        }

        Load(stored);
    }

    /// <summary>Lets the next key sign from now on, whatever the schedule says.</summary>
    /// <returns>The keys, newest first.</returns>
    public async Task<IReadOnlyList<StoredKey>> RotateAsync(string actor, CancellationToken cancellationToken)
    {
        var stored = await ChangeAsync(rotate: true, actor, cancellationToken);
        Load(stored);
        return stored;
    }

    public ValueTask<IReadOnlyList<StoredKey>> ListAsync(CancellationToken cancellationToken) =>
        database.ReadAsync((connection, attempt) => ListAsync(connection, null, attempt), cancellationToken);

    private ValueTask<IReadOnlyList<StoredKey>> ChangeAsync(bool rotate, string? actor, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (connection, transaction, attempt) =>
            {
                // One replica at a time decides; the others then find it done.
                await connection.ExecuteAsync(transaction, "SELECT pg_advisory_xact_lock(hashtextextended('back2code.identity.keys', 0))", attempt);
                var now = time.GetStorableNow();
                var stored = await ListAsync(connection, transaction, attempt);
                if (rotate || IsActiveDue(stored, now))
                {
                    await PromoteAsync(connection, transaction, now, attempt);
                    await events.RecordAsync(connection, transaction, new(SecurityActions.KeyRotated, true, actor, Next(stored)?.Id, rotate ? "asked" : "due"), attempt);
                }

                stored = await ListAsync(connection, transaction, attempt);
                if (Active(stored) is null)
                {
                    await InsertAsync(connection, transaction, "active", now, attempt);
                }

                if (Next(stored) is null)
                {
                    await InsertAsync(connection, transaction, "next", now, attempt);
                }

                await connection.ExecuteAsync(
                    transaction, "DELETE FROM signing_keys WHERE state = 'retired' AND retired_at < @before", attempt, ("before", now - options.Value.PublishAfter));
                return await ListAsync(connection, transaction, attempt);
            },
            replaySafe: !rotate,
            cancellationToken);

    private bool IsDue(IReadOnlyList<StoredKey> stored, DateTimeOffset now) =>
        Active(stored) is null || Next(stored) is null || IsActiveDue(stored, now)
        || stored.Any(key => key.RetiredAt < now - options.Value.PublishAfter);

    /// <summary>The active key is old enough, and the next one has been published long enough to take over.</summary>
    private bool IsActiveDue(IReadOnlyList<StoredKey> stored, DateTimeOffset now) =>
        Active(stored) is { } active && Next(stored) is { } next
        && active.ActivatedAt <= now - options.Value.SigningKeyLifetime && next.CreatedAt <= now - options.Value.PublishAhead;

    private void Load(IReadOnlyList<StoredKey> stored)
    {
        var active = Active(stored)!;
        if (_ring is { } ring && ring.Active.Id == active.Id && stored.All(key => ring.Find(key.Id) is not null) && ring.Count == stored.Count)
        {
            return;
        }

        var signing = SigningKey.FromPrivate(encryption.Decrypt(active.PrivateKey!, active.EncryptionVersion, active.Id));
        _ring = new KeyRing(signing, [.. stored.Select(static key => SigningKey.FromPublic(key.X, key.Y))]);
    }

    private static StoredKey? Active(IEnumerable<StoredKey> stored) => stored.FirstOrDefault(static key => key.State == "active");

    private static StoredKey? Next(IEnumerable<StoredKey> stored) => stored.FirstOrDefault(static key => key.State == "next");

    private static async Task PromoteAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, DateTimeOffset now, CancellationToken cancellationToken)
    {
        const string retire = "UPDATE signing_keys SET state = 'retired', retired_at = @now, private_key = NULL WHERE state = 'active'";
        const string activate = "UPDATE signing_keys SET state = 'active', activated_at = @now WHERE state = 'next'";

        await connection.ExecuteAsync(transaction, retire, cancellationToken, ("now", now));
        await connection.ExecuteAsync(transaction, activate, cancellationToken, ("now", now));
    }

    private async Task InsertAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, string state, DateTimeOffset now, CancellationToken cancellationToken)
    {
        const string sql = """
            INSERT INTO signing_keys (id, x, y, private_key, encryption_version, state, created_at, activated_at)
            VALUES (@id, @x, @y, @private_key, @encryption_version, @state, @now, CASE WHEN @state = 'active' THEN @now END)
            """;

        var key = SigningKey.Create();
        await connection.ExecuteAsync(
            transaction, sql, cancellationToken,
            ("id", key.Id), ("x", key.X), ("y", key.Y), ("private_key", encryption.Encrypt(key.ExportPrivate(), key.Id)),
            ("encryption_version", encryption.Version), ("state", state), ("now", now));
    }

    private static async ValueTask<IReadOnlyList<StoredKey>> ListAsync(NpgsqlConnection connection, NpgsqlTransaction? transaction, CancellationToken cancellationToken)
    {
        const string sql = """
            SELECT id, x, y, private_key, encryption_version, state, created_at, activated_at, retired_at
            FROM signing_keys
            ORDER BY created_at DESC, id
            """;

        return await connection.ListAsync(transaction, sql, StoredKey.From, cancellationToken);
    }
}

/// <summary>A row of signing_keys.</summary>
internal sealed record StoredKey(
    string Id, byte[] X, byte[] Y, byte[]? PrivateKey, int EncryptionVersion, string State, DateTimeOffset CreatedAt, DateTimeOffset? ActivatedAt, DateTimeOffset? RetiredAt)
{
    public static StoredKey From(NpgsqlDataReader row) => new(
        row.GetString(0), row.GetFieldValue<byte[]>(1), row.GetFieldValue<byte[]>(2), row.IsDBNull(3) ? null : row.GetFieldValue<byte[]>(3),
        row.GetInt32(4), row.GetString(5), row.GetFieldValue<DateTimeOffset>(6), row.ValueOrNull<DateTimeOffset>(7), row.ValueOrNull<DateTimeOffset>(8));
}
