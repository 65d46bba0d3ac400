using System.Diagnostics.Metrics;
using Back2Code.Audit;
using Back2Code.Data;
using Back2Code.Monitoring.Spool;
using Npgsql;

namespace Back2Code.Monitoring.Incidents;

/// <summary>Brings changed incidents to PostgreSQL, now or, if it is away, when it is back. Nobody waits for it.</summary>
internal sealed partial class IncidentWriter : BackgroundService
{
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2);

    private readonly IncidentDesk _desk;
    private readonly IncidentStore _store;
    private readonly ActStore _acts;
    private readonly PostgresMigrator _migrator;
    private readonly TimeProvider _time;
    private readonly ILogger<IncidentWriter> _logger;
    private readonly Counter<long> _failures;
    private SpoolStart? _forgotten;
    private bool _adopted;
    private bool _isAway;

    public IncidentWriter(
        IncidentDesk desk, IncidentStore store, ActStore acts, PostgresMigrator migrator, TimeProvider time, IMeterFactory meters, ILogger<IncidentWriter> logger)
    {
        (_desk, _store, _acts, _migrator, _time, _logger) = (desk, store, acts, migrator, time, logger);
        Meter meter = meters.Create("Back2Code.Monitoring");
        _failures = meter.CreateCounter<long>("monitoring.incident.write.failures", "{failure}", "Failed attempts to store incidents in PostgreSQL.");
        meter.CreateObservableGauge("monitoring.incidents.unstored", () => desk.Book.Unstored.Count, "{incident}", "Incidents whose latest change is not in PostgreSQL yet.");
        meter.CreateObservableGauge("monitoring.acts.unrecorded", () => desk.Book.WaitingActs, "{act}", "What people did to incidents or told, and the outbox does not have for the audit trail yet.");
        meter.CreateObservableGauge("monitoring.incidents.open", () => desk.Book.All.Count(i => i.IsActive), "{incident}", "Incidents that are not resolved.");
    }

    /// <summary>Stores what is not stored yet.</summary>
    /// <returns>False when PostgreSQL did not take it.</returns>
    internal async Task<bool> WriteOnceAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (!_adopted || _isAway)
            {
                _adopted = await AdoptAsync(cancellationToken);
            }

            if (_isAway)
            {
                _isAway = false;
                Log.WritesAgain(_logger, _desk.Book.Unstored.Count);
            }

            // Also while the desk has no room for what is to be adopted: what is stored makes room. The acts are read first, so that each incident is
            // at least as new as what was done to it.
            bool all = _adopted;
            ILookup<Guid?, AuditRecord> acts = _desk.Book.Acts.ToLookup(a => a.Incident, a => a.Record);
            foreach (Incident incident in _desk.Book.Unstored)
            {
                all &= await SaveAsync(incident, [.. acts[incident.Id]], cancellationToken);
            }

            await SaveOthersAsync([.. acts[null]], cancellationToken);
            await ForgetAsync(cancellationToken);
            return all;
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // Each outage is told once.
            _failures.Add(1);
            if (!_isAway)
            {
                Log.WriteFailed(_logger, e.Message);
            }

            _isAway = true;
            return false;
        }
    }

    /// <returns>False when PostgreSQL refuses this incident; the others must not wait behind it.</returns>
    private async Task<bool> SaveAsync(Incident incident, AuditRecord[] acts, CancellationToken cancellationToken)
    {
        try
        {
            await _store.SaveAsync(incident, acts, _desk.Now, cancellationToken);
            _desk.Book.MarkStored(incident.Id, incident.Revision);
            await MarkRecordedAsync(incident.Id, acts, cancellationToken);
            return true;
        }
        catch (PostgresException e) when (!e.IsTransient)
        {
            _failures.Add(1);
            Log.Refused(_logger, e, incident.Id);
            return false;
        }
    }

    /// <summary>Acts that changed no incident.</summary>
    private async Task SaveOthersAsync(AuditRecord[] acts, CancellationToken cancellationToken)
    {
        if (acts.Length > 0)
        {
            await _acts.SaveAsync(acts, _desk.Now, cancellationToken);
            await MarkRecordedAsync(null, acts, cancellationToken);
        }
    }

    /// <summary>After each new segment of the spool, once: which acts will not come again.</summary>
    private async Task ForgetAsync(CancellationToken cancellationToken)
    {
        if (_desk.Start is { } start && !ReferenceEquals(start, _forgotten))
        {
            await _acts.ForgetAsync(start, cancellationToken);
            _forgotten = start;
        }
    }

    private async Task MarkRecordedAsync(Guid? incident, AuditRecord[] acts, CancellationToken cancellationToken)
    {
        if (acts.Length > 0)
        {
            await _desk.RecordedAsync(new RecordedActs(incident, [.. acts.Select(a => a.Id)]), cancellationToken);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        TimeSpan wait = ShortestWait;
        try
        {
            // Without tables there is nothing to write to; until then the spool has it.
            await _migrator.Completed.WaitAsync(stoppingToken);
            while (true)
            {
                if (await WriteOnceAsync(stoppingToken))
                {
                    wait = ShortestWait;
                    await _desk.Changed.WaitAsync(stoppingToken);
                }
                else
                {
                    await Task.Delay(wait, _time, stoppingToken);
                    wait = wait * 2 < LongestWait ? wait * 2 : LongestWait;
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What is not stored yet lies in the spool, and the next start stores it.
        }
    }

    /// <summary>Open incidents that only PostgreSQL knows: the spool was lost, and their alerts will end one day.</summary>
    /// <returns>False when they could not be taken over yet.</returns>
    private async Task<bool> AdoptAsync(CancellationToken cancellationToken)
    {
        var known = _desk.Book.All.Select(i => i.Id).ToList();
        IReadOnlyList<Incident> unknown = await _store.ListAsync([IncidentState.Open, IncidentState.Acknowledged, IncidentState.Mitigated], after: null, known, limit: 100, cancellationToken);
        if (unknown.Count == 0)
        {
            return true;
        }

        if (!await _desk.AdoptAsync(unknown, cancellationToken))
        {
            return false;
        }

        Log.Adopted(_logger, unknown.Count);
        return true;
    }

    private static partial class Log
    {
        [LoggerMessage(5301, LogLevel.Warning, "Incidents could not be stored, they wait in the spool: {Reason}", EventName = "IncidentWriteFailed")]
        public static partial void WriteFailed(ILogger logger, string reason);

        [LoggerMessage(5304, LogLevel.Information, "PostgreSQL answers; {Count} incidents are stored now", EventName = "IncidentWritesResumed")]
        public static partial void WritesAgain(ILogger logger, int count);

        [LoggerMessage(5303, LogLevel.Error, "PostgreSQL refuses incident {Incident}", EventName = "IncidentRefused")]
        public static partial void Refused(ILogger logger, Exception exception, Guid incident);

        [LoggerMessage(5302, LogLevel.Warning, "{Count} open incidents were found in PostgreSQL and not in the spool", EventName = "IncidentsAdopted")]
        public static partial void Adopted(ILogger logger, int count);
    }
}
