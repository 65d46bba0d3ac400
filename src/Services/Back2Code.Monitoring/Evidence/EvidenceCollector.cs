using Back2Code.Monitoring.Incidents;
using Back2Code.Monitoring.Prometheus;

namespace Back2Code.Monitoring.Evidence;

/// <summary>Asks Prometheus about incidents in the background, while it still remembers. Nobody waits for it, and what it cannot learn stays unknown.</summary>
internal sealed partial class EvidenceCollector(
    IncidentDesk desk, PrometheusClient prometheus, TimeProvider time, ILogger<EvidenceCollector> logger) : BackgroundService
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);

    // Prometheus may be away for hours, and remembers all the same when it is back.
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);

    // Prometheus must have scraped and evaluated what came last.
    private static readonly TimeSpan SettleFor = TimeSpan.FromSeconds(3);

    private readonly Dictionary<Guid, Question> _asked = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!prometheus.IsConfigured)
        {
            return;
        }

        var evidence = new IncidentEvidence(prometheus);
        using var timer = new PeriodicTimer(LookEvery, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await CollectOnceAsync(evidence, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What is not collected yet is after the next start.
        }
    }

    internal async Task CollectOnceAsync(IncidentEvidence evidence, CancellationToken cancellationToken)
    {
        IReadOnlyList<Incident> known = desk.Book.All;
        foreach (Incident incident in known.Where(IsDue))
        {
            await CollectAsync(evidence, incident, cancellationToken);
        }

        foreach (Guid gone in _asked.Keys.Except(known.Select(i => i.Id)).ToList())
        {
            _asked.Remove(gone);
        }
    }

    /// <summary>New, with a beginning that was not known before, or over since the last look.</summary>
    private bool IsDue(Incident incident)
    {
        DateTimeOffset now = desk.Now;
        if (incident.FirstAlert is not { } first || now - first.ReceivedAt < SettleFor || now - incident.ResolvedAt < SettleFor)
        {
            return false;
        }

        DateTimeOffset? begun = IncidentMeasures.Of(incident).StartedAt;
        if (!_asked.TryGetValue(incident.Id, out Question? asked))
        {
            // After a restart: what was learnt before stands in the incident.
            bool isKnown = incident.Detection is { } detection && detection.FaultAt == begun && (incident.IsActive || !incident.Slos.Any() || !incident.Budgets.IsEmpty);
            _asked[incident.Id] = asked = new Question(begun, incident.ResolvedAt) { IsAnswered = isKnown };
        }

        if (asked.Fault != begun || asked.End != incident.ResolvedAt)
        {
            _asked[incident.Id] = asked = new Question(begun, incident.ResolvedAt);
        }

        return !asked.IsAnswered && (asked.Failures == 0 || time.GetElapsedTime(asked.FailedAt) >= PauseAfter(asked.Failures));
    }

    private async Task CollectAsync(IncidentEvidence evidence, Incident incident, CancellationToken cancellationToken)
    {
        Question asked = _asked[incident.Id];
        try
        {
            DetectionEvidence detection = await evidence.DetectionOfAsync(incident.FirstAlert!, asked.Fault, cancellationToken);
            IReadOnlyList<BudgetBurn> budgets = incident.IsActive ? [] : await evidence.BudgetsOfAsync(incident, cancellationToken);
            asked.IsAnswered = true;
            if (detection != incident.Detection || !budgets.SequenceEqual(incident.Budgets))
            {
                await desk.ChangeAsync(
                    incident.Id,
                    _ => new IncidentChange(incident.Id, IncidentChangeKind.Measure, desk.Now, null) { Detection = detection, Budgets = budgets.Count > 0 ? [.. budgets] : null },
                    actor: null,
                    cancellationToken);
            }
        }
        catch (Exception e) when (e is PrometheusException or IOException or InvalidOperationException)
        {
            asked.Failures++;
            asked.FailedAt = time.GetTimestamp();
            Log.NotCollected(logger, incident.Id, e.Message);
        }
    }

    private static TimeSpan PauseAfter(int failures)
    {
        TimeSpan pause = LookEvery * Math.Pow(2, Math.Min(failures, 20));
        return pause < LongestPause ? pause : LongestPause;
    }

    /// <summary>What Prometheus is asked about one incident, and how it went.</summary>
    private sealed record Question(DateTimeOffset? Fault, DateTimeOffset? End)
    {
        public bool IsAnswered { get; set; }

        public int Failures { get; set; }

        public long FailedAt { get; set; }
    }

    private static partial class Log
    {
        [LoggerMessage(5721, LogLevel.Debug, "Prometheus said nothing about incident {Incident}: {Reason}", EventName = "EvidenceNotCollected")]
        public static partial void NotCollected(ILogger logger, Guid incident, string reason);
    }
}
