using System.Diagnostics.Metrics;
using Back2Code.Data;
using Back2Code.Messaging;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Back2Code.Audit;

/// <summary>
/// Gathers denials and writes them into the outbox once a window, off the path of the requests: an attacker's flood costs a counter in
/// memory, not a transaction each. What waits is bounded; while PostgreSQL is away records wait, and what then finds no room is counted and said.
/// </summary>
internal sealed partial class DenialLog : BackgroundService
{
    private readonly Lock _gate = new();
    private readonly string _source;
    private readonly NpgsqlDataSource _dataSource;
    private readonly PostgresMigrator _migrator;
    private readonly DenialOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<DenialLog> _logger;
    private readonly DenialMetrics _metrics;
    private readonly Queue<AuditRecord> _waiting = new();
    private Dictionary<Denial, (AuditRecord First, int Count)> _window = [];
    private int _dropped;
    private bool _away;

    public DenialLog(
        string source, NpgsqlDataSource dataSource, PostgresMigrator migrator, DenialOptions options, TimeProvider time, IMeterFactory meters, ILogger<DenialLog> logger)
    {
        _source = source;
        _dataSource = dataSource;
        _migrator = migrator;
        _options = options;
        _time = time;
        _logger = logger;
        _metrics = new DenialMetrics(meters, () => Waiting);
    }

    internal int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _window.Count + _waiting.Count;
            }
        }
    }

    /// <summary>Takes note of a denial. Never waits and never fails.</summary>
    public void Add(Denial denial)
    {
        _metrics.Seen();
        lock (_gate)
        {
            if (_window.TryGetValue(denial, out var seen))
            {
                _window[denial] = (seen.First, seen.Count + 1);
                return;
            }

            if (_window.Count + _waiting.Count < _options.MaxWaiting)
            {
                _window.Add(denial, (AuditRecord.Create(_time, denial.Actor, "auth.denied", denial.Target) with { Outcome = AuditOutcome.Denied, Reason = denial.Reason }, 1));
                return;
            }

            _dropped++;
        }

        _metrics.Dropped();
    }

    /// <summary>Ends the window and writes what waits; whatever PostgreSQL does not take goes on waiting.</summary>
    internal async Task WriteOnceAsync(CancellationToken cancellationToken)
    {
        EndWindow();
        while (NextBatch() is { Count: > 0 } batch)
        {
            try
            {
                await WriteAsync(batch, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException or OperationCanceledException)
            {
                if (!_away)
                {
                    Log.NotWritten(_logger, Waiting, e.Message);
                }

                _away = true;
                return;
            }

            _away = false;
            _metrics.Written(batch.Count);
            lock (_gate)
            {
                for (int i = 0; i < batch.Count; i++)
                {
                    _waiting.Dequeue();
                }
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_options.Window, _time);
        try
        {
            await _migrator.Completed.WaitAsync(stoppingToken).ConfigureAwait(false);
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
            {
                await WriteOnceAsync(stoppingToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Shutdown; one more attempt, bounded by the command time-outs and by this.
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2), _time);
            await WriteOnceAsync(limit.Token).ConfigureAwait(false);
            if (Waiting is > 0 and var lost)
            {
                Log.Lost(_logger, lost);
            }
        }
    }

    private void EndWindow()
    {
        lock (_gate)
        {
            foreach (var (first, count) in _window.Values)
            {
                _waiting.Enqueue(first with { Count = count });
            }

            _window = [];
            if (_dropped > 0 && _waiting.Count < _options.MaxWaiting)
            {
                Log.Dropped(_logger, _dropped, _options.MaxWaiting);
                _waiting.Enqueue(AuditRecord.Create(_time, AuditActor.Service, "audit.denials-dropped", "") with
                {
                    Outcome = AuditOutcome.Failed,
                    Reason = "More denials than there was room for; these have no record of their own.",
                    Count = _dropped,
                });
                _dropped = 0;
            }
        }
    }

    private List<AuditRecord> NextBatch()
    {
        lock (_gate)
        {
            return [.. _waiting.Take(_options.BatchSize)];
        }
    }

    private async Task WriteAsync(List<AuditRecord> batch, CancellationToken cancellationToken)
    {
        try
        {
            await AppendAsync(batch, cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            // An earlier attempt committed, and its answer was lost. Its records are there, or some of them if the batch has grown since.
            foreach (var record in batch)
            {
                try
                {
                    await AppendAsync([record], cancellationToken).ConfigureAwait(false);
                }
                catch (PostgresException again) when (again.SqlState == PostgresErrorCodes.UniqueViolation)
                {
                    // This one was.
                }
            }
        }
    }

    private async Task AppendAsync(List<AuditRecord> records, CancellationToken cancellationToken)
    {
        var connection = await _dataSource.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using var _ = connection.ConfigureAwait(false);
        var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using var __ = transaction.ConfigureAwait(false);
        await Outbox.AppendAsync(connection, transaction, [.. records.Select(record => AuditEvents.From(_source, record))], cancellationToken).ConfigureAwait(false);
        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
    }

    private static partial class Log
    {
        [LoggerMessage(3701, LogLevel.Warning, "{Count} audit records of denials wait for PostgreSQL: {Reason}", EventName = "DenialsNotWritten")]
        public static partial void NotWritten(ILogger logger, int count, string reason);

        [LoggerMessage(3702, LogLevel.Error, "{Count} denials have no audit record of their own: more than DenialOptions.MaxWaiting ({MaxWaiting}) waited", EventName = "DenialsDropped")]
        public static partial void Dropped(ILogger logger, int count, int maxWaiting);

        [LoggerMessage(3703, LogLevel.Error, "{Count} audit records of denials are lost: PostgreSQL did not take them before the stop", EventName = "DenialsLost")]
        public static partial void Lost(ILogger logger, int count);
    }
}
