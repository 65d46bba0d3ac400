using Back2Code.Data;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Back2Code.Identity.Audit;

/// <summary>Signs where the chain ends, from time to time. Replicas may all run one: the number of a checkpoint is given once.</summary>
internal sealed partial class CheckpointWriter(
    [FromKeyedServices(PostgresPools.Background)] NpgsqlDataSource source, PostgresMigrator migrator, CheckpointKeys keys,
    IOptions<AuditOptions> options, TimeProvider time, ILogger<CheckpointWriter> logger)
    : BackgroundService
{
    private const string SelectHead = "SELECT sequence, hash FROM audit_head";

    private const string SelectNewest = $"SELECT {Checkpoint.Columns} FROM audit_checkpoints ORDER BY number DESC LIMIT 1";

    private const string Insert = """
        INSERT INTO audit_checkpoints (number, sequence, hash, time, key_id, signature)
        VALUES (@number, @sequence, @hash, @time, @key_id, @signature)
        ON CONFLICT DO NOTHING
        """;

    /// <returns>The checkpoint, or null when nothing was new or another replica was faster.</returns>
    public async Task<Checkpoint?> WriteOnceAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using NpgsqlConnection connection = await source.OpenConnectionAsync(cancellationToken);
            Checkpoint? previous = await NewestAsync(connection, cancellationToken);
            var (sequence, hash) = await HeadAsync(connection, cancellationToken);
            if (sequence <= (previous?.Sequence ?? 0))
            {
                return null;
            }

            DateTimeOffset now = time.GetUtcNow();
            Checkpoint checkpoint = new(
                (previous?.Number ?? 0) + 1, sequence, hash, new DateTimeOffset(now.Ticks - (now.Ticks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero), keys.SigningKeyId!, []);
            checkpoint = checkpoint with { Signature = keys.Sign(checkpoint.SignedBytes(previous)) };
            if (!await InsertAsync(connection, checkpoint, cancellationToken))
            {
                return null;
            }

            // The log leaves the machine: whoever throws the newest rows and checkpoints away has not thrown this line away.
            string hex = Convert.ToHexStringLower(hash);
            Log.Written(logger, checkpoint.Number, sequence, hex);
            return checkpoint;
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            Log.Failed(logger, e.Message);
            return null;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (keys.SigningKeyId is null)
        {
            Log.NoKey(logger);
            return;
        }

        await migrator.Completed.WaitAsync(stoppingToken);
        using PeriodicTimer timer = new(options.Value.CheckpointInterval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await WriteOnceAsync(stoppingToken);
        }
    }

    private static async Task<Checkpoint?> NewestAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new(SelectNewest, connection);
        await using NpgsqlDataReader row = await command.ExecuteReaderAsync(cancellationToken);
        return await row.ReadAsync(cancellationToken) ? Checkpoint.From(row) : null;
    }

    private static async Task<(long Sequence, byte[] Hash)> HeadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new(SelectHead, connection);
        await using NpgsqlDataReader row = await command.ExecuteReaderAsync(cancellationToken);
        return await row.ReadAsync(cancellationToken) ? (row.GetInt64(0), row.GetFieldValue<byte[]>(1)) : (0, AuditChain.Genesis);
    }

    private static async Task<bool> InsertAsync(NpgsqlConnection connection, Checkpoint checkpoint, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new(Insert, connection);
        command.Parameters.AddWithValue("number", checkpoint.Number);
        command.Parameters.AddWithValue("sequence", checkpoint.Sequence);
        command.Parameters.AddWithValue("hash", checkpoint.Hash);
        command.Parameters.AddWithValue("time", checkpoint.Time);
        command.Parameters.AddWithValue("key_id", checkpoint.KeyId);
        command.Parameters.AddWithValue("signature", checkpoint.Signature);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    private static partial class Log
    {
        [LoggerMessage(4801, LogLevel.Information, "Audit checkpoint {Number}: row {Sequence} has hash {Hash}", EventName = "AuditCheckpoint")]
        public static partial void Written(ILogger logger, long number, long sequence, string hash);

        [LoggerMessage(4802, LogLevel.Warning, "The audit trail could not be given a checkpoint; the next attempt comes with the next interval: {Reason}", EventName = "AuditCheckpointFailed")]
        public static partial void Failed(ILogger logger, string reason);

        [LoggerMessage(4803, LogLevel.Warning, "There are no audit checkpoints: neither Audit:SigningKey nor Audit:SigningKeyPath is set. A rewritten chain would not show", EventName = "AuditUnsigned")]
        public static partial void NoKey(ILogger logger);
    }
}
