using Back2Code.Data;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Back2Code.Identity;

/// <summary>Removes what has expired. Nothing depends on it: whatever reads these rows looks at their times.</summary>
internal sealed partial class RetentionSweep(
    [FromKeyedServices(PostgresPools.Background)] NpgsqlDataSource source, IOptions<IdentityOptions> options, TimeProvider time, ILogger<RetentionSweep> logger)
    : BackgroundService
{
    // Small batches hold locks briefly; what is left over waits a minute.
    internal const int BatchRows = 5_000;

    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    // A bucket that nobody has drawn from for so long is full, which is what one that is not there is.
    private static readonly TimeSpan BucketAge = TimeSpan.FromDays(1);

    // Codes and tokens go with their grants. A grant stays for as long as a token of it may come back to be found out.
    private const string Sweep = """
        WITH s AS (DELETE FROM sessions WHERE id_sha256 IN (SELECT id_sha256 FROM sessions WHERE expires_at < @now LIMIT @rows)),
             t AS (DELETE FROM revoked_tokens WHERE jti IN (SELECT jti FROM revoked_tokens WHERE expires_at < @now LIMIT @rows)),
             b AS (DELETE FROM sign_in_buckets WHERE key_sha256 IN (SELECT key_sha256 FROM sign_in_buckets WHERE updated_at < @idle LIMIT @rows FOR UPDATE SKIP LOCKED)),
             d AS (DELETE FROM device_codes WHERE device_code_sha256 IN (SELECT device_code_sha256 FROM device_codes WHERE expires_at < @before LIMIT @rows))
        DELETE FROM grants WHERE id IN (SELECT id FROM grants WHERE expires_at < @before LIMIT @rows FOR UPDATE SKIP LOCKED)
        """;

    public async Task SweepOnceAsync(CancellationToken cancellationToken)
    {
        try
        {
            var now = time.GetUtcNow();
            await using NpgsqlCommand command = source.CreateCommand(Sweep);
            command.Parameters.AddWithValue("now", now);
            command.Parameters.AddWithValue("before", now - options.Value.AccessTokenLifetime);
            command.Parameters.AddWithValue("idle", now - BucketAge);
            command.Parameters.AddWithValue("rows", BatchRows);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            Log.SweepFailed(logger, exception);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await SweepOnceAsync(stoppingToken);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(4321, LogLevel.Warning, "The retention sweep failed; the next one comes in a minute", EventName = "RetentionSweepFailed")]
        public static partial void SweepFailed(ILogger logger, Exception exception);
    }
}
