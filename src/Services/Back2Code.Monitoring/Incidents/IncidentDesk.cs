using Back2Code.Audit;
using Back2Code.Monitoring.Alerts;
using Back2Code.Monitoring.Notifying;
using Back2Code.Monitoring.Spool;
using Back2Code.Monitoring.Watchdog;
using Microsoft.Extensions.Options;

namespace Back2Code.Monitoring.Incidents;

/// <summary>
/// Where notifications and people's changes arrive: first to disk, then into the book and onto the notice board, all in one order. It never waits for
/// PostgreSQL or for a channel; <see cref="IncidentWriter"/> and <see cref="ChannelWorker"/> bring the changes there when they can.
/// </summary>
internal sealed partial class IncidentDesk : IDisposable
{
    // With PostgreSQL away for so long that a thousand outages, a hundred thousand alerts or ten thousand people's acts wait, memory is the next to fail.
    // Refused notifications are sent again by Alertmanager.
    internal const int MaximumUnstored = 1_000;
    internal const int MaximumAlerts = 100_000;
    internal const int MaximumActs = 10_000;

    private readonly SemaphoreSlim _order = new(1, 1);
    private readonly AlertSpool _spool;
    private readonly SteadyClock _clock;
    private readonly ActRecorder _recorder;
    private readonly ILogger<IncidentDesk> _logger;
    private readonly IReadOnlyList<Subscription> _subscriptions;

    private volatile SpoolStart _start;

    public IncidentDesk(
        IOptions<MonitoringOptions> options, ChannelList channels, SteadyClock clock, ActRecorder recorder, ILogger<IncidentDesk> logger, ILogger<AlertSpool> spoolLogger)
    {
        MonitoringOptions settings = options.Value;
        _clock = clock;
        _recorder = recorder;
        _logger = logger;
        _subscriptions = [.. channels.All.Select(c => c.Subscription)];
        Book = new IncidentBook(settings.ReopenWithin, settings.EventLookback);
        _spool = new AlertSpool(settings.SpoolDirectory, settings.SpoolSegmentBytes, settings.SpoolSegments, spoolLogger);
        int records = 0;
        foreach (SpoolRecord record in _spool.Open())
        {
            Apply(record);
            _clock.NotBefore(record.ReceivedAt);
            records++;
        }

        Board.KeepOnly([.. _subscriptions.Select(s => s.Name)]);

        // A start begins a segment: the snapshot proves that the disk can be written before the first notification needs it.
        _start = BeginSegment();
        Log.Opened(_logger, records, Book.All.Count, Book.All.Count(i => i.IsActive));
    }

    public IncidentBook Book { get; }

    public NoticeBoard Board { get; } = new();

    /// <summary>Completes when something has changed since it was asked for last.</summary>
    public SemaphoreSlim Changed { get; } = new(0, 1);

    /// <summary>Raised, under the desk's lock, when there is news for channels. Handlers only set a signal.</summary>
    public event Action? News;

    public DateTimeOffset Now => _clock.Now;

    /// <summary>From where the next start would read, should this process end now.</summary>
    public SpoolStart Start => _start;

    /// <summary>Takes the alerts of one notification.</summary>
    /// <returns>
    /// False when too much waits for PostgreSQL already, or when so many alerts are known that new ones find no room: the ends in it have been taken, and
    /// make room. The sender must try again.
    /// </returns>
    /// <exception cref="IOException">The disk refused; nothing has changed.</exception>
    public async Task<bool> AcceptAsync(IReadOnlyList<Alert> alerts, DateTimeOffset receivedAt, CancellationToken cancellationToken)
    {
        await _order.WaitAsync(cancellationToken);
        try
        {
            IReadOnlyList<Alert> admitted = Book.KnownAlerts < MaximumAlerts ? alerts : [.. alerts.Where(HasRoom)];
            return (admitted.Count == 0 || Record_NeedsOrder(Record(receivedAt) with { Alerts = admitted })) && admitted.Count == alerts.Count;
        }
        finally
        {
            _order.Release();
        }
    }

    /// <summary>Takes over what PostgreSQL knows and we do not: this service runs on another disk than before, or somebody works on an old incident.</summary>
    /// <returns>False when the disk or PostgreSQL is too far behind; try again.</returns>
    public async Task<bool> AdoptAsync(IReadOnlyList<Incident> incidents, CancellationToken cancellationToken)
    {
        try
        {
            return await RecordAsync(Record(Now) with { Incidents = incidents, Channels = null }, cancellationToken);
        }
        catch (IOException e)
        {
            Log.NotAdopted(_logger, e);
            return false;
        }
    }

    /// <summary>Takes something that was done to the platform.</summary>
    /// <param name="happened">What.</param>
    /// <param name="actor">Who tells.</param>
    /// <param name="cancellationToken">Ends the wait for others' changes.</param>
    /// <returns>False when the disk or PostgreSQL is too far behind; try again.</returns>
    public Task<bool> TellAsync(PlatformEvent happened, AuditActor actor, CancellationToken cancellationToken) =>
        RecordAsync(Record(happened.RecordedAt) with { Event = happened, Audit = _recorder.Of(actor, happened) }, cancellationToken);

    /// <summary>Opens an incident by hand, unless its group has an active one.</summary>
    public async Task<ChangeOutcome> OpenAsync(IncidentChange change, AuditActor actor, CancellationToken cancellationToken)
    {
        await _order.WaitAsync(cancellationToken);
        try
        {
            return Book.ActiveOf(IncidentBook.DefaultGroup) is { } active
                ? new ChangeOutcome.AlreadyOpen(active.Id)
                : Change_NeedsOrder(null, change, actor);
        }
        finally
        {
            _order.Release();
        }
    }

    /// <summary>Changes an incident that is in the book.</summary>
    /// <param name="id">Which one.</param>
    /// <param name="make">Makes the change from the incident as it stands, under the lock; it says which action number is next, for example.</param>
    /// <param name="actor">Who changes it; null: this service itself.</param>
    /// <param name="cancellationToken">Ends the wait for others' changes.</param>
    public async Task<ChangeOutcome> ChangeAsync(Guid id, Func<Incident, IncidentChange> make, AuditActor? actor, CancellationToken cancellationToken)
    {
        await _order.WaitAsync(cancellationToken);
        try
        {
            if (Book.Find(id) is not { } incident)
            {
                return new ChangeOutcome.Unknown();
            }

            IncidentChange change = make(incident);
            return IncidentWork.Refuse(incident, change) is { } reason
                ? new ChangeOutcome.Refused(reason)
                : Change_NeedsOrder(incident, change, actor);
        }
        finally
        {
            _order.Release();
        }
    }

    /// <summary>A channel has told these. Not synced: after a loss of power it may tell them twice, and receivers know the id.</summary>
    public async Task DeliveredAsync(string channel, IReadOnlyList<Guid> notices, CancellationToken cancellationToken)
    {
        await _order.WaitAsync(cancellationToken);
        try
        {
            Board.Done(channel, notices);
            _spool.Append(Record(Now) with { Delivered = new Delivery(channel, notices), Channels = null }, durable: false);
            RotateWhenFull();
        }
        catch (IOException e)
        {
            // It has been told; what is lost is that we know it, should this process end before the next segment.
            Log.OutcomeNotRecorded(_logger, e, channel);
        }
        finally
        {
            _order.Release();
        }
    }

    /// <summary>The outbox has these acts for the audit trail. Not synced: if it is lost they come again, and are known there.</summary>
    public async Task RecordedAsync(RecordedActs acts, CancellationToken cancellationToken)
    {
        await _order.WaitAsync(cancellationToken);
        try
        {
            SpoolRecord record = Record(Now) with { Recorded = acts, Channels = null };
            Apply(record);
            _spool.Append(record, durable: false);
            RotateWhenFull();
        }
        catch (IOException e)
        {
            Log.ActsNotMarked(_logger, e);
        }
        finally
        {
            _order.Release();
        }
    }

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
            return Record_NeedsOrder(record);
        }
        finally
        {
            _order.Release();
        }
    }

    /// <param name="incident">As it stands; null: the change opens it.</param>
    /// <param name="change">What is done.</param>
    /// <param name="actor">By whom.</param>
    private ChangeOutcome Change_NeedsOrder(Incident? incident, IncidentChange change, AuditActor? actor)
    {
        SpoolRecord record = Record(Now);
        change = change with { Incident = incident?.Id ?? record.Id };
        try
        {
            return Record_NeedsOrder(record with { Change = change, Audit = _recorder.Of(actor, incident, change) })
                ? new ChangeOutcome.Changed(Book.Find(change.Incident)!)
                : new ChangeOutcome.NotRecorded();
        }
        catch (IOException e)
        {
            Log.ChangeNotRecorded(_logger, e);
            return new ChangeOutcome.NotRecorded();
        }
    }

    /// <summary>In a full book: what it knows already, what has ended (of which it keeps only so many), and that monitoring is blind.</summary>
    private bool HasRoom(Alert alert) => alert.EndsAt is not null || alert.Fingerprint == DeadMansSwitch.BlindFingerprint || Book.Knows(alert.Fingerprint);

    private bool Record_NeedsOrder(SpoolRecord record)
    {
        if (Book.Unstored.Count >= MaximumUnstored || Board.WaitingAlerts >= MaximumAlerts || (record.Audit is not null && Book.WaitingActs >= MaximumActs))
        {
            return false;
        }

        _spool.Append(record);
        bool hasNews = Apply(record);
        RotateWhenFull();

        // Under the lock, so that the count never passes one.
        if (Changed.CurrentCount == 0)
        {
            Changed.Release();
        }

        if (hasNews)
        {
            News?.Invoke();
        }

        return true;
    }

    private bool Apply(SpoolRecord record)
    {
        if (record.Pending is { } pending)
        {
            Board.Restore(pending, name => _subscriptions.FirstOrDefault(s => s.Name == name)?.KeepsEverything ?? true);
        }

        if (record.Delivered is { } delivered)
        {
            Board.Done(delivered.Channel, [.. delivered.Notices]);
        }

        IReadOnlyList<Notice> news = Book.Apply(record);
        foreach (Notice notice in news)
        {
            Board.Add(notice, record.Channels ?? []);
        }

        return news.Count > 0;
    }

    private void RotateWhenFull()
    {
        if (!_spool.IsFull)
        {
            return;
        }

        try
        {
            _start = BeginSegment();
        }
        catch (IOException e)
        {
            // The record itself is safe in the old segment, which goes on growing until the disk lets us begin a new one.
            Log.RotationFailed(_logger, e);
        }
    }

    private SpoolRecord Record(DateTimeOffset at) => new(Guid.CreateVersion7(at), at) { Channels = _subscriptions };

    private SpoolStart BeginSegment()
    {
        SpoolRecord snapshot = Book.Snapshot(Guid.CreateVersion7(Now), Now) with { Pending = Board.All };
        _spool.BeginSegment(snapshot);
        return new SpoolStart(snapshot.ReceivedAt, [.. (snapshot.Acts ?? []).Select(a => a.Record.Id)]);
    }

    private static partial class Log
    {
        [LoggerMessage(5201, LogLevel.Information, "Incidents restored from {Records} spool records: {Incidents} known, {Open} open", EventName = "IncidentsRestored")]
        public static partial void Opened(ILogger logger, int records, int incidents, int open);

        [LoggerMessage(5202, LogLevel.Error, "A new spool segment could not be begun; the present one goes on", EventName = "SpoolRotationFailed")]
        public static partial void RotationFailed(ILogger logger, Exception exception);

        [LoggerMessage(5203, LogLevel.Error, "A change of an incident could not be written to the spool", EventName = "IncidentChangeNotRecorded")]
        public static partial void ChangeNotRecorded(ILogger logger, Exception exception);

        [LoggerMessage(5204, LogLevel.Error, "What {Channel} has told could not be written to the spool", EventName = "DeliveryNotRecorded")]
        public static partial void OutcomeNotRecorded(ILogger logger, Exception exception, string channel);

        [LoggerMessage(5206, LogLevel.Error, "Which acts are in the outbox could not be written to the spool", EventName = "ActsNotMarked")]
        public static partial void ActsNotMarked(ILogger logger, Exception exception);

        [LoggerMessage(5205, LogLevel.Error, "Incidents found in PostgreSQL could not be written to the spool", EventName = "IncidentsNotAdopted")]
        public static partial void NotAdopted(ILogger logger, Exception exception);
    }
}

/// <summary>What became of a change that somebody asked for.</summary>
internal abstract record ChangeOutcome
{
    public sealed record Changed(Incident Incident) : ChangeOutcome;

    /// <summary>It is not in the book; PostgreSQL may have it.</summary>
    public sealed record Unknown : ChangeOutcome;

    public sealed record Refused(string Reason) : ChangeOutcome;

    public sealed record AlreadyOpen(Guid Incident) : ChangeOutcome;

    /// <summary>The disk refused, or too much waits for PostgreSQL: try again.</summary>
    public sealed record NotRecorded : ChangeOutcome;
}
