using Back2Code.Monitoring.Alerts;
using Back2Code.Monitoring.Spool;
using Microsoft.Extensions.Options;

namespace Back2Code.Monitoring.Incidents;

/// <summary>
/// Where notifications arrive: first to disk, then into the book, both in one order. It never waits for PostgreSQL;
/// <see cref="IncidentWriter"/> brings the changes there when it can.
/// </summary>
internal sealed partial class IncidentDesk : IDisposable
{
    // With PostgreSQL away for so long that a thousand outages wait, memory is the next to fail. Refused notifications are sent again by Alertmanager.
    private const int MaximumUnstored = 1_000;

    private readonly SemaphoreSlim _order = new(1, 1);
    private readonly AlertSpool _spool;
    private readonly TimeProvider _time;
    private readonly ILogger<IncidentDesk> _logger;

    public IncidentDesk(IOptions<MonitoringOptions> options, TimeProvider time, ILogger<IncidentDesk> logger, ILogger<AlertSpool> spoolLogger)
    {
        MonitoringOptions settings = options.Value;
        _time = time;
        _logger = logger;
        Book = new IncidentBook(settings.ReopenWithin);
        _spool = new AlertSpool(settings.SpoolDirectory, settings.SpoolSegmentBytes, settings.SpoolSegments, spoolLogger);
        int records = 0;
        foreach (SpoolRecord record in _spool.Open())
        {
            Book.Apply(record);
            records++;
        }

        // A start begins a segment: the snapshot proves that the disk can be written before the first notification needs it.
        _spool.BeginSegment(Snapshot());
        Log.Opened(_logger, records, Book.All.Count, Book.All.Count(i => i.State == IncidentState.Open));
    }

    public IncidentBook Book { get; }

    /// <summary>Completes when something has changed since it was asked for last.</summary>
    public SemaphoreSlim Changed { get; } = new(0, 1);

    /// <summary>Takes the alerts of one notification.</summary>
    /// <returns>False when too much waits for PostgreSQL already; the sender must try again.</returns>
    /// <exception cref="IOException">The disk refused; nothing has changed.</exception>
    public Task<bool> AcceptAsync(IReadOnlyList<Alert> alerts, DateTimeOffset receivedAt, CancellationToken cancellationToken) =>
        RecordAsync(new SpoolRecord(Guid.CreateVersion7(receivedAt), receivedAt, Alerts: alerts), cancellationToken);

    /// <summary>Takes over what PostgreSQL knows and we do not: this service runs on another disk than before.</summary>
    public Task AdoptAsync(IReadOnlyList<Incident> incidents, CancellationToken cancellationToken) =>
        RecordAsync(new SpoolRecord(Guid.CreateVersion7(_time.GetUtcNow()), Now, Incidents: incidents), cancellationToken);

    public DateTimeOffset Now => Times.ToMicroseconds(_time.GetUtcNow());

    public void Dispose()
    {
        _spool.Dispose();
        _order.Dispose();
        Changed.Dispose();
    }

    private async Task<bool> RecordAsync(SpoolRecord record, CancellationToken cancellationToken)
    {
        await _order.WaitAsync(cancellationToken);
        try
        {
            if (Book.Unstored.Count >= MaximumUnstored)
            {
                return false;
            }

            _spool.Append(record);
            Book.Apply(record);
            if (_spool.IsFull)
            {
                Rotate();
            }

            // Under the lock, so that the count never passes one.
            if (Changed.CurrentCount == 0)
            {
                Changed.Release();
            }

            return true;
        }
        finally
        {
            _order.Release();
        }
    }

    private void Rotate()
    {
        try
        {
            _spool.BeginSegment(Snapshot());
        }
        catch (IOException e)
        {
            // The record itself is safe in the old segment, which goes on growing until the disk lets us begin a new one.
            Log.RotationFailed(_logger, e);
        }
    }

    private SpoolRecord Snapshot() => new(Guid.CreateVersion7(_time.GetUtcNow()), Now, Incidents: Book.All);

    private static partial class Log
    {
        [LoggerMessage(5201, LogLevel.Information, "Incidents restored from {Records} spool records: {Incidents} known, {Open} open", EventName = "IncidentsRestored")]
        public static partial void Opened(ILogger logger, int records, int incidents, int open);

        [LoggerMessage(5202, LogLevel.Error, "A new spool segment could not be begun; the present one goes on", EventName = "SpoolRotationFailed")]
        public static partial void RotationFailed(ILogger logger, Exception exception);
    }
}
