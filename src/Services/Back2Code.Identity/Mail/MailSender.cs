using System.Diagnostics.Metrics;
using System.Net.Mail;
using Back2Code.Data;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Back2Code.Identity;

/// <summary>Sends what waits, again with growing pauses when it fails. Replicas share the work: who claims a mail has it for a time, and another takes it over after that.</summary>
internal sealed partial class MailSender : BackgroundService
{
    private static readonly TimeSpan LongestSleep = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    private readonly NpgsqlDataSource _source;
    private readonly MailQueue _queue;
    private readonly MailComposer _composer;
    private readonly IMailTransport _transport;
    private readonly PostgresMigrator _migrator;
    private readonly MailOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<MailSender> _logger;
    private readonly Counter<long> _mails;

    // Spreads the attempts of replicas; nothing else depends on it.
    private readonly Random _jitter = new(Environment.ProcessId);

    private bool _failing;
    private bool _away;

    public MailSender(
        [FromKeyedServices(PostgresPools.Background)] NpgsqlDataSource source, MailQueue queue, MailComposer composer, IMailTransport transport, PostgresMigrator migrator,
        IOptions<MailOptions> options, TimeProvider time, IMeterFactory meters, ILogger<MailSender> logger)
    {
        (_source, _queue, _composer, _transport, _migrator, _options, _time, _logger) = (source, queue, composer, transport, migrator, options.Value, time, logger);
        _mails = meters.Create("Back2Code.Identity").CreateCounter<long>(
            "back2code.identity.mails", "{mail}", "Mails by kind and what became of them: sent, failed (and tried again), given-up, nobody.");
    }

    /// <summary>Sends what is due, one after the other, until nothing is or one fails.</summary>
    public async Task SendDueAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (await ClaimAsync(cancellationToken) is { } claim && await DeliverAsync(claim, cancellationToken))
            {
                // Next.
            }

            _away = false;
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            // What was claimed is due again when the claim has run out. Said once, not once a second.
            if (!_away)
            {
                Log.DatabaseAway(_logger, exception.Message);
            }

            _away = true;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!_queue.IsOn)
        {
            return;
        }

        await _migrator.Completed.WaitAsync(stoppingToken);
        while (true)
        {
            await SendDueAsync(stoppingToken);
            await _queue.WaitAsync(LongestSleep, stoppingToken);
        }
    }

    /// <returns>False when the mail could not be sent: what waits behind it would fail as well.</returns>
    private async Task<bool> DeliverAsync(Claim claim, CancellationToken cancellationToken)
    {
        string kind = "unreadable";
        try
        {
            var job = _queue.Open(claim.Id, claim.Content, claim.Version);
            kind = job.Kind;
            var mail = await _composer.ComposeAsync(claim.Id, job, cancellationToken);
            if (mail is not null)
            {
                using CancellationTokenSource limit = new(_options.Timeout, _time);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
                await _transport.SendAsync(mail, either.Token);
            }

            await RemoveAsync(claim.Id, cancellationToken);
            Count(kind, mail is null ? "nobody" : "sent");
            _failing = false;
            return true;
        }
        catch (Exception exception) when (exception is not (NpgsqlException or TimeoutException) && !cancellationToken.IsCancellationRequested)
        {
            await FailAsync(claim, kind, Reason(exception), cancellationToken);
            return false;
        }
    }

    private async Task FailAsync(Claim claim, string kind, string reason, CancellationToken cancellationToken)
    {
        if (_time.GetUtcNow() - claim.CreatedAt > _options.GiveUpAfter)
        {
            await RemoveAsync(claim.Id, cancellationToken);
            Count(kind, "given-up");
            Log.GaveUp(_logger, kind, claim.Attempts, reason);
            return;
        }

        Count(kind, "failed");
        if (!_failing)
        {
            Log.Failed(_logger, kind, reason);
        }

        _failing = true;
        double pause = Math.Min(LongestPause.TotalSeconds, ShortestPause.TotalSeconds * Math.Pow(2, Math.Min(claim.Attempts, 20) - 1)) * (0.5 + (_jitter.NextDouble() / 2));
        await using var command = _source.CreateCommand("UPDATE mails SET due_at = @due WHERE id = @id");
        command.Parameters.AddWithValue("id", claim.Id);
        command.Parameters.AddWithValue("due", _time.GetStorableNow() + TimeSpan.FromSeconds(pause));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<Claim?> ClaimAsync(CancellationToken cancellationToken)
    {
        const string sql = """
            UPDATE mails SET due_at = @until, attempts = attempts + 1
            WHERE id = (SELECT id FROM mails WHERE due_at <= @now ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
            RETURNING id, content, encryption_version, attempts, created_at
            """;

        var now = _time.GetStorableNow();
        await using var connection = await _source.OpenConnectionAsync(cancellationToken);
        return await connection.FirstAsync(
            null, sql,
            static row => new Claim(row.GetGuid(0), row.GetFieldValue<byte[]>(1), row.GetInt32(2), row.GetInt32(3), row.GetFieldValue<DateTimeOffset>(4)),
            cancellationToken, ("now", now), ("until", now + (2 * _options.Timeout)));
    }

    private async Task RemoveAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var command = _source.CreateCommand("DELETE FROM mails WHERE id = @id");
        command.Parameters.AddWithValue("id", id);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private void Count(string kind, string result) => _mails.Add(1, new("kind", kind), new("result", result));

    /// <summary>Not the message: mail servers repeat addresses in theirs.</summary>
    private string Reason(Exception exception) => exception switch
    {
        SmtpException smtp => $"SMTP {smtp.StatusCode}",
        OperationCanceledException => $"no answer within {_options.Timeout.TotalSeconds:0} s",
        _ => exception.GetType().Name,
    };

    private sealed record Claim(Guid Id, byte[] Content, int Version, int Attempts, DateTimeOffset CreatedAt);

    private static partial class Log
    {
        [LoggerMessage(4342, LogLevel.Warning, "A mail ({Kind}) could not be sent, it is tried again: {Reason}", EventName = "MailFailed")]
        public static partial void Failed(ILogger logger, string kind, string reason);

        [LoggerMessage(4343, LogLevel.Error, "A mail ({Kind}) is given up after {Attempts} attempts: {Reason}", EventName = "MailGivenUp")]
        public static partial void GaveUp(ILogger logger, string kind, int attempts, string reason);

        [LoggerMessage(4344, LogLevel.Warning, "Mail waits for PostgreSQL: {Reason}", EventName = "MailDatabaseAway")]
        public static partial void DatabaseAway(ILogger logger, string reason);
    }
}
