using System.Collections.Immutable;
using System.Text.Json;
using Back2Code.Data;
using Back2Code.Messaging;
using Npgsql;

namespace Back2Code.Monitoring.Health;

/// <summary>
/// Tells changes of state to whoever listens: CloudEvents <c>health.changed</c> through the outbox. While PostgreSQL is away they wait here, the newest 256;
/// the true time of each is in it. Without a broker there is nobody to tell, and nothing is kept.
/// </summary>
internal sealed partial class HealthEvents(
    [FromKeyedServices(PostgresPools.Background)] NpgsqlDataSource dataSource, PostgresMigrator migrator, EventTarget target, TimeProvider time, ILogger<HealthEvents> logger) : BackgroundService
{
    public const string Type = "health.changed";
    private const int MaximumWaiting = 256;
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _added = new(0, 1);
    private ImmutableQueue<CloudEvent> _waiting = [];
    private bool _isAway;

    public void Add(HealthChange change)
    {
        if (target.HasBroker)
        {
            Add(EventOf(change));
        }
    }

    internal void Add(CloudEvent cloudEvent)
    {
        ImmutableInterlocked.Update(ref _waiting, queue =>
        {
            queue = queue.Enqueue(cloudEvent);
            return queue.Count() > MaximumWaiting ? queue.Dequeue() : queue;
        });
        lock (_added)
        {
            if (_added.CurrentCount == 0)
            {
                _added.Release();
            }
        }
    }

    internal static CloudEvent EventOf(HealthChange change)
    {
        CheckStatus status = change.Status;
        var data = new HealthChanged(status.Check, status.Finding.Target, change.From, status.State, status.Finding.Summary);
        return new CloudEvent(
            Guid.CreateVersion7(status.CheckedAt).ToString(),
            EventTarget.Source,
            Type,
            status.Finding.Target.Length == 0 ? status.Check : $"{status.Check}/{status.Finding.Target}",
            status.CheckedAt,
            JsonSerializer.SerializeToElement(data, HealthJson.Default.HealthChanged));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        TimeSpan wait = ShortestWait;
        try
        {
            await migrator.Completed.WaitAsync(stoppingToken);
            while (true)
            {
                if (await WriteOnceAsync(stoppingToken))
                {
                    wait = ShortestWait;
                    await _added.WaitAsync(stoppingToken);
                }
                else
                {
                    await Task.Delay(wait, time, stoppingToken);
                    wait = wait * 2 < LongestWait ? wait * 2 : LongestWait;
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The next start looks afresh and tells what is wrong then.
        }
    }

    /// <summary>Puts all that waits into the outbox, in one transaction if it can.</summary>
    /// <returns>False when PostgreSQL did not take it.</returns>
    internal async Task<bool> WriteOnceAsync(CancellationToken cancellationToken)
    {
        ImmutableQueue<CloudEvent> batch = _waiting;
        if (batch.IsEmpty)
        {
            return true;
        }

        try
        {
            await using NpgsqlConnection connection = await dataSource.OpenConnectionAsync(cancellationToken);
            if (!await AppendAsync(connection, batch, cancellationToken))
            {
                // A commit whose answer was lost has been made: some stand in the outbox already, and those that came since do not.
                foreach (CloudEvent cloudEvent in batch)
                {
                    await AppendAsync(connection, [cloudEvent], cancellationToken);
                }
            }

            _isAway = false;

            // Only what was written: more may have come meanwhile, and some of these may have been pushed out.
            var written = batch.Select(e => e.Id).ToHashSet(StringComparer.Ordinal);
            ImmutableInterlocked.Update(ref _waiting, queue => ImmutableQueue.CreateRange(queue.Where(e => !written.Contains(e.Id))));
            return true;
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            if (!_isAway)
            {
                Log.Waiting(logger, e.Message);
            }

            _isAway = true;
            return false;
        }
    }

    /// <returns>False when the outbox has one of them already; then it took none.</returns>
    private static async Task<bool> AppendAsync(NpgsqlConnection connection, IEnumerable<CloudEvent> events, CancellationToken cancellationToken)
    {
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        try
        {
            foreach (CloudEvent cloudEvent in events)
            {
                await Outbox.AppendAsync(connection, transaction, cloudEvent, cancellationToken);
            }

            await transaction.CommitAsync(cancellationToken);
            return true;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            return false;
        }
    }

    public override void Dispose()
    {
        _added.Dispose();
        base.Dispose();
    }

    private static partial class Log
    {
        [LoggerMessage(5711, LogLevel.Warning, "Health events wait for PostgreSQL: {Reason}", EventName = "HealthEventsWait")]
        public static partial void Waiting(ILogger logger, string reason);
    }
}

/// <summary>Data of <c>health.changed</c>; its schema is docs/events/health.changed.json.</summary>
/// <param name="Check">Of the check.</param>
/// <param name="Target">What of it; empty when the check has only one target.</param>
/// <param name="From">Null: it was looked at for the first time.</param>
/// <param name="To">The state it has now.</param>
/// <param name="Summary">For people.</param>
internal sealed record HealthChanged(string Check, string Target, HealthState? From, HealthState To, string Summary);
