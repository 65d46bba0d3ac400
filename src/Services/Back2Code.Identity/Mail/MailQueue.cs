using System.Text.Json;
using Back2Code.Data;
using Back2Code.Resilience;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Back2Code.Identity;

/// <summary>Mail that waits in the database, written in the transaction of its cause: no outage of the mail server loses any, and no request waits for one.</summary>
internal sealed partial class MailQueue(
    Database database, KeyEncryption encryption, IOptions<MailOptions> options, TimeProvider time, ILogger<MailQueue> logger)
{
    private static readonly TimeSpan ComeAgain = TimeSpan.FromSeconds(30);

    private readonly System.Threading.Channels.Channel<bool> _news = System.Threading.Channels.Channel.CreateBounded<bool>(
        new System.Threading.Channels.BoundedChannelOptions(1) { FullMode = System.Threading.Channels.BoundedChannelFullMode.DropWrite });

    /// <summary>Whether this server sends mail at all.</summary>
    public bool IsOn => options.Value.IsOn;

    /// <summary>A mail that somebody asks for. The one statement is the same whoever it is about.</summary>
    /// <exception cref="DependencyUnavailableException">Too many wait.</exception>
    public async Task AskAsync(MailJob job, CancellationToken cancellationToken)
    {
        var id = Guid.CreateVersion7(time.GetUtcNow());
        bool added = await database.WriteAsync(
            async (connection, transaction, attempt) => await AddAsync(connection, transaction, id, job, attempt), replaySafe: true, cancellationToken);
        if (!added)
        {
            throw new DependencyUnavailableException("mail", DependencyUnavailableReason.Shed, ComeAgain);
        }

        Wake();
    }

    /// <summary>A mail that follows from what <paramref name="transaction"/> does. When too many wait it is left out: the cause counts more.</summary>
    public async Task TellAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, MailJob job, CancellationToken cancellationToken)
    {
        if (!IsOn)
        {
            return;
        }

        if (!await AddAsync(connection, transaction, Guid.CreateVersion7(time.GetUtcNow()), job, cancellationToken))
        {
            Log.Full(logger, job.Kind, options.Value.MostWaiting);
        }

        // Perhaps before the commit; the sender looks again in a second anyway.
        Wake();
    }

    /// <summary>Done when something was added here, or the time is over.</summary>
    public async Task WaitAsync(TimeSpan longest, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = new(longest, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await _news.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Another replica may have added something, or something has become due again.
        }
    }

    public MailJob Open(Guid id, byte[] content, int version) => JsonSerializer.Deserialize<MailJob>(encryption.Decrypt(content, version, Name(id)))!;

    /// <summary>As the database has it, under the newest version of the encryption key.</summary>
    public byte[] Seal(Guid id, MailJob job) => encryption.Encrypt(JsonSerializer.SerializeToUtf8Bytes(job), Name(id));

    private void Wake() => _news.Writer.TryWrite(true);

    private async Task<bool> AddAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, Guid id, MailJob job, CancellationToken cancellationToken)
    {
        // The same id again, from an earlier attempt of this very call, is as good as added.
        const string sql = """
            INSERT INTO mails (id, content, encryption_version, due_at, created_at)
            SELECT @id, @content, @version, @now, @now WHERE (SELECT count(*) FROM (SELECT FROM mails LIMIT @most) AS waiting) < @most
            ON CONFLICT (id) DO UPDATE SET due_at = mails.due_at
            """;

        byte[] content = Seal(id, job);
        return await connection.ExecuteAsync(
            transaction, sql, cancellationToken,
            ("id", id), ("content", content), ("version", encryption.Version), ("now", time.GetStorableNow()), ("most", options.Value.MostWaiting)) == 1;
    }

    private static string Name(Guid id) => $"mail {id}";

    private static partial class Log
    {
        [LoggerMessage(4341, LogLevel.Warning, "A mail ({Kind}) was left out: {Most} wait already", EventName = "MailQueueFull")]
        public static partial void Full(ILogger logger, string kind, int most);
    }
}
