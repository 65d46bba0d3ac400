using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Back2Code.Data;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Back2Code.Identity;

/// <summary>
/// Slows guessing down, in token buckets that all replicas share: one for each address, and one for each account as seen from an address. There is none for an
/// account alone, so nobody can lock somebody else out by failing to sign in as them. Names that nobody has are treated like all others. An address whose bucket is
/// empty is remembered until it is not: a flood from there then costs the database nothing.
/// </summary>
internal sealed class Throttle(Database database, IOptions<IdentityOptions> options, TimeProvider time)
{
    // A flood from more addresses than this asks the database, as all do at first.
    private const int MostRemembered = 10_000;

    private const int MostWaitingEach = 16;

    private static readonly TimeSpan ComeAgain = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, DateTimeOffset> _emptyUntil = new();

    // All attempts of an address want the same row: in the database they would wait for each other as well, and hold what everybody else's calls need.
    private readonly KeyedGate _addresses = new(MostWaitingEach, time);

    /// <summary>Takes one attempt before it is made, so that many at once cannot slip through together.</summary>
    /// <returns>Zero when it is allowed, else the time until the next one is.</returns>
    public async Task<TimeSpan> TakeAsync(string address, string account, CancellationToken cancellationToken)
    {
        var settings = options.Value;
        var now = time.GetStorableNow();

        if (IsKnownEmpty(address, now, settings, out var remembered))
        {
            return remembered;
        }

        if (!await _addresses.EnterAsync(address, ComeAgain, cancellationToken))
        {
            return ComeAgain;
        }

        try
        {
            // Who waited may have had somebody before them who found it empty.
            now = time.GetStorableNow();
            if (IsKnownEmpty(address, now, settings, out remembered))
            {
                return remembered;
            }

            var (wait, isAddress) = await TakeBothAsync(address, account, settings, now, cancellationToken);
            if (isAddress)
            {
                Remember(address, now + wait, now);
            }

            return wait;
        }
        finally
        {
            _addresses.Leave(address);
        }
    }

    private bool IsKnownEmpty(string address, DateTimeOffset now, IdentityOptions settings, out TimeSpan wait)
    {
        wait = _emptyUntil.TryGetValue(address, out var until) ? until - now : TimeSpan.Zero;

        // No wait is longer than one attempt's: a clock that was put back must not make it so.
        return wait > TimeSpan.Zero && wait <= settings.AttemptPerAddressEvery;
    }

    private ValueTask<(TimeSpan Wait, bool IsAddress)> TakeBothAsync(string address, string account, IdentityOptions settings, DateTimeOffset now, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (connection, transaction, attempt) =>
            {
                // Always in this order: two attempts that hold one bucket each and want the other's would wait for each other.
                var byAddress = await TakeAsync(connection, transaction, AddressKey(address), settings.AttemptsPerAddress, settings.AttemptPerAddressEvery, now, attempt);
                var byAccount = byAddress > TimeSpan.Zero
                    ? TimeSpan.Zero
                    : await TakeAsync(connection, transaction, AccountKey(address, account), settings.AttemptsPerAccount, settings.AttemptPerAccountEvery, now, attempt);
                return byAddress > TimeSpan.Zero ? (byAddress, true) : (byAccount, false);
            },
            replaySafe: true,
            cancellationToken);

    /// <summary>
    /// Takes one attempt from a bucket for an account wherever the attempts come from. Only for what has a way around it that nobody can guess, or it would lock
    /// people out.
    /// </summary>
    /// <returns>Zero when it is allowed, else the time until the next one is.</returns>
    public async Task<TimeSpan> TakeEverywhereAsync(string account, int burst, TimeSpan every, CancellationToken cancellationToken) =>
        await database.WriteAsync(
            async (connection, transaction, attempt) =>
                await TakeAsync(connection, transaction, Key($"everywhere\n{account}"), burst, every, time.GetStorableNow(), attempt),
            replaySafe: true,
            cancellationToken);

    /// <summary>After a success: it was the right person, whose next mistakes start from the beginning.</summary>
    public async Task ForgiveAsync(string address, string account, CancellationToken cancellationToken)
    {
        const string forget = "DELETE FROM sign_in_buckets WHERE key_sha256 = @key";
        const string giveBack = "UPDATE sign_in_buckets SET tokens = tokens + 1 WHERE key_sha256 = @key";

        _emptyUntil.TryRemove(address, out _);
        await database.WriteAsync(
            async (connection, transaction, attempt) =>
            {
                await connection.ExecuteAsync(transaction, giveBack, attempt, ("key", AddressKey(address)));
                return await connection.ExecuteAsync(transaction, forget, attempt, ("key", AccountKey(address, account)));
            },
            replaySafe: true,
            cancellationToken);
    }

    private void Remember(string address, DateTimeOffset until, DateTimeOffset now)
    {
        if (_emptyUntil.Count >= MostRemembered)
        {
            foreach (var (other, end) in _emptyUntil)
            {
                if (end <= now)
                {
                    _emptyUntil.TryRemove(other, out _);
                }
            }
        }

        if (_emptyUntil.Count < MostRemembered)
        {
            _emptyUntil[address] = until;
        }
    }

    private static async Task<TimeSpan> TakeAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, byte[] key, int burst, TimeSpan every, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // The level is what was left and what has flowed in since; a bucket holds no more than its burst.
        const string sql = """
            INSERT INTO sign_in_buckets AS b (key_sha256, tokens, granted, updated_at)
            VALUES (@key, @burst - 1, true, @now)
            ON CONFLICT (key_sha256) DO UPDATE SET (tokens, granted, updated_at) = (
              SELECT CASE WHEN level >= 1 THEN level - 1 ELSE level END, level >= 1, GREATEST(b.updated_at, @now)
              FROM (SELECT LEAST(@burst, b.tokens + GREATEST(0, EXTRACT(EPOCH FROM @now - b.updated_at)::double precision / @every)) AS level) AS filled)
            RETURNING CASE WHEN granted THEN 0 ELSE (1 - tokens) * @every END
            """;

        await using var command = connection.Command(
            transaction, sql, ("key", key), ("burst", (double)burst), ("every", every.TotalSeconds), ("now", now));
        return TimeSpan.FromSeconds((double)(await command.ExecuteScalarAsync(cancellationToken))!);
    }

    private static byte[] AddressKey(string address) => Key($"address\n{address}");

    private static byte[] AccountKey(string address, string account) => Key($"account\n{address}\n{account}");

    // A digest: of fixed length whatever was sent, and no list of names and addresses for whoever reads the table.
    private static byte[] Key(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
