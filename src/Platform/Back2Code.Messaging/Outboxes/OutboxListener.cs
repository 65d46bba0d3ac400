using System.Threading.Channels;
using Back2Code.Data;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Back2Code.Messaging;

/// <summary>
/// Hears PostgreSQL say that events were committed, so that the relay need not wait for its next look. Only a shortcut: a
/// notification lost with its connection costs one poll interval.
/// </summary>
internal sealed partial class OutboxListener(NpgsqlDataSource dataSource, string schema, TimeProvider time, ILogger logger)
{
    /// <summary>A link that swallows everything delivers no notification and no error: ask now and then.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(5);

    private readonly Channel<bool> _signals = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Waits for a commit, at most so long.</summary>
    public async Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(atMost, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await _signals.Reader.ReadAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Time to look without having been told.
        }
    }

    public async Task RunAsync(CancellationToken stoppingToken)
    {
        var backoff = new Backoff(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(1));
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ListenAsync(backoff, stoppingToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                Log.Deaf(logger, e.Message);
                await Task.Delay(backoff.Next(), time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task ListenAsync(Backoff backoff, CancellationToken stoppingToken)
    {
        var connection = await dataSource.OpenConnectionAsync(stoppingToken).ConfigureAwait(false);
        await using var _ = connection.ConfigureAwait(false);
        connection.Notification += (_, _) => _signals.Writer.TryWrite(true);
        await ExecuteAsync(connection, $"LISTEN back2code_outbox_{schema}", stoppingToken).ConfigureAwait(false);

        // What was committed before the LISTEN was announced to nobody.
        _signals.Writer.TryWrite(true);
        backoff.Reset();
        while (true)
        {
            if (!await connection.WaitAsync(Silence, stoppingToken).ConfigureAwait(false))
            {
                await ExecuteAsync(connection, "SELECT 1", stoppingToken).ConfigureAwait(false);
            }
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(sql, connection);
        await using var _ = command.ConfigureAwait(false);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    private static partial class Log
    {
        [LoggerMessage(3501, LogLevel.Warning, "Commits to the outbox are not announced for now, only looked for: {Reason}", EventName = "OutboxListenerLost")]
        public static partial void Deaf(ILogger logger, string reason);
    }
}
