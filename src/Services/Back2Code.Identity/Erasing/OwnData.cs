using System.Runtime.CompilerServices;
using Back2Code.Data;
using Back2Code.Identity.Exporting;
using Npgsql;

namespace Back2Code.Identity.Erasing;

/// <summary>What this service holds about a user, and how it goes.</summary>
internal sealed class OwnData(Database database, EmailVault vault, MailQueue mails)
{
    // What is held in memory at once, however much mail waits.
    private const int MailsAtOnce = 500;

    private static readonly (string Kind, string Sql)[] ByUser =
    [
        ("sessions", "DELETE FROM sessions WHERE user_id = @user_id"),
        ("grants", "DELETE FROM grants WHERE user_id = @user_id"),
        ("consents", "DELETE FROM consents WHERE user_id = @user_id"),
        ("emailAddresses", "DELETE FROM email_addresses WHERE user_id = @user_id"),
        ("secondFactors", "DELETE FROM second_factors WHERE user_id = @user_id"),
    ];

    /// <returns>What went, by kind. The row of the user stays, with a name that says nothing.</returns>
    public async Task<Dictionary<string, long>> EraseAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid userId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // The name goes with the first statement, and with it every way in; codes, tokens and device codes go with their grants, recovery codes with the second factor.
        const string user = """
            UPDATE users SET name = 'erased-' || replace(id::text, '-', ''), password_hash = NULL, disabled_at = COALESCE(disabled_at, @now), erased_at = @now
            WHERE id = @user_id
            """;
        const string addressOf = "SELECT address, encryption_version, name FROM users LEFT JOIN email_addresses ON user_id = id WHERE id = @user_id";
        const string links = "DELETE FROM account_tokens WHERE user_id = @user_id OR address_hmac = ANY (@hmacs)";

        var (email, name) = await connection.FirstAsync(
            transaction, addressOf,
            row => Tuple.Create(row.IsDBNull(0) ? null : vault.Open(row.GetFieldValue<byte[]>(0), row.GetInt32(1), userId), row.GetString(2)),
            cancellationToken, ("user_id", userId)) ?? throw new InvalidOperationException($"User {userId} has no row.");
        await connection.ExecuteAsync(transaction, user, cancellationToken, ("user_id", userId), ("now", now));

        Dictionary<string, long> counts = [];
        foreach (var (kind, sql) in ByUser)
        {
            counts[kind] = await connection.ExecuteAsync(transaction, sql, cancellationToken, ("user_id", userId));
        }

        counts["links"] = await connection.ExecuteAsync(
            transaction, links, cancellationToken, ("user_id", userId), ("hmacs", email is null ? Array.Empty<byte[]>() : vault.Find(email)));
        counts["mails"] = await EraseMailsAsync(connection, transaction, job => IsAbout(job, userId, email, name), cancellationToken);
        return counts;
    }

    /// <summary>Mail about the user that waits to be sent.</summary>
    public async IAsyncEnumerable<ExportedMail> WaitingMailsAsync(Guid userId, string? email, string name, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var waiting = KeysetPages.ReadAsync(
            Guid.Empty, static mail => mail.Id, MailsAtOnce,
            (after, token) => database.ReadAsync(async (connection, attempt) => await PageAsync(connection, null, after, attempt), token), cancellationToken);
        await foreach (var mail in waiting)
        {
            if (IsAbout(mail.Job, userId, email, name))
            {
                yield return new ExportedMail(mail.Job.Kind, mail.Job.To, mail.CreatedAt);
            }
        }
    }

    private static bool IsAbout(MailJob job, Guid userId, string? email, string name) =>
        job.UserId == userId
        || (job.To is not null && (job.To.Equals(name, StringComparison.OrdinalIgnoreCase) || (email is not null && EmailAddress.Normalize(job.To) == EmailAddress.Normalize(email))));

    private async Task<long> EraseMailsAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, Func<MailJob, bool> isTheirs, CancellationToken cancellationToken)
    {
        long erased = 0;
        Guid after = Guid.Empty;
        List<Waiting> seen;
        do
        {
            seen = await PageAsync(connection, transaction, after, cancellationToken);
            Guid[] theirs = [.. seen.Where(mail => isTheirs(mail.Job)).Select(static mail => mail.Id)];
            erased += theirs.Length == 0 ? 0 : await connection.ExecuteAsync(transaction, "DELETE FROM mails WHERE id = ANY (@ids)", cancellationToken, ("ids", theirs));
            after = seen.Count > 0 ? seen[^1].Id : after;
        }
        while (seen.Count == MailsAtOnce);

        return erased;
    }

    /// <summary>Waiting mail is encrypted, so each has to be opened to see whom it is about.</summary>
    private Task<List<Waiting>> PageAsync(NpgsqlConnection connection, NpgsqlTransaction? transaction, Guid after, CancellationToken cancellationToken)
    {
        const string sql = "SELECT id, content, encryption_version, created_at FROM mails WHERE id > @after ORDER BY id LIMIT @limit";

        return connection.ListAsync(
            transaction, sql,
            row => new Waiting(row.GetGuid(0), mails.Open(row.GetGuid(0), row.GetFieldValue<byte[]>(1), row.GetInt32(2)), row.GetFieldValue<DateTimeOffset>(3)),
            cancellationToken, ("after", after), ("limit", MailsAtOnce));
    }

    private sealed record Waiting(Guid Id, MailJob Job, DateTimeOffset CreatedAt);
}
