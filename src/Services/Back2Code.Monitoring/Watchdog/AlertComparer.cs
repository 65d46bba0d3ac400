using System.Text.Json;
using Back2Code.Monitoring.Alerts;
using Back2Code.Monitoring.Incidents;
using Microsoft.Extensions.Options;

namespace Back2Code.Monitoring.Watchdog;

/// <summary>
/// Compares what we take to fire with what Alertmanager holds, and follows it. Notifications alone can leave an incident open for ever: Alertmanager never
/// tells the end of an alert that was silenced or inhibited meanwhile, or that it forgot when it was restarted. Only a difference seen twice in a row
/// counts, and only while Alertmanager holds the Watchdog, which proves that Prometheus tells it what fires.
/// </summary>
internal sealed partial class AlertComparer(
    IncidentDesk desk, AlertmanagerReader? alertmanager, IOptions<WatchdogOptions> options, TimeProvider time, ILogger<AlertComparer> logger) : BackgroundService
{
    private HashSet<string> _goneBefore = [];
    private HashSet<string> _missedBefore = [];
    private bool _isAway;

    /// <summary>Looks once.</summary>
    internal async Task CompareOnceAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<HeldAlert> held;
        try
        {
            held = await alertmanager!.ListAsync(cancellationToken);
            _isAway = false;
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            if (!_isAway)
            {
                Log.Away(logger, e.Message);
            }

            _isAway = true;
            held = [];
        }

        if (!held.Any(a => a.IsWatchdog && !a.IsMuted))
        {
            _goneBefore = [];
            _missedBefore = [];
            return;
        }

        IReadOnlyList<AlertEpisode> active = desk.Book.ActiveAlerts;
        var heldNow = held.Where(a => a.Fingerprint is not null).Select(a => a.Fingerprint!).ToHashSet(StringComparer.Ordinal);
        var ours = active.Select(a => a.Fingerprint).ToHashSet(StringComparer.Ordinal);
        var gone = active.Where(a => !heldNow.Contains(a.Fingerprint) && a.Name != DeadMansSwitch.BlindAlert).ToList();
        var missed = held.Where(a => a is { IsMuted: false, IsWatchdog: false, Fingerprint: { } f } && !ours.Contains(f)).ToList();

        DateTimeOffset now = desk.Now;
        List<Alert> follow =
        [
            .. gone.Where(a => _goneBefore.Contains(a.Fingerprint)).Select(a => Ended(a, now)),
            .. missed.Where(a => _missedBefore.Contains(a.Fingerprint!)).Select(a => a.AsAlert(now)).OfType<Alert>(),
        ];
        _goneBefore = [.. gone.Select(a => a.Fingerprint)];
        _missedBefore = [.. missed.Select(a => a.Fingerprint!)];
        if (follow.Count == 0)
        {
            return;
        }

        try
        {
            if (await desk.AcceptAsync(follow, now, cancellationToken))
            {
                Log.Followed(logger, follow.Count(a => a.EndsAt is not null), follow.Count(a => a.EndsAt is null));
            }
        }
        catch (IOException e)
        {
            // Seen again at the next look.
            Log.NotRecorded(logger, e);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (alertmanager is null)
        {
            return;
        }

        using var timer = new PeriodicTimer(options.Value.CompareEvery, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await CompareOnceAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // We stop.
        }
    }

    private static Alert Ended(AlertEpisode episode, DateTimeOffset now) => new()
    {
        Fingerprint = episode.Fingerprint,
        Name = episode.Name,
        Severity = episode.Severity,
        StartsAt = episode.StartsAt,
        ClaimedStart = episode.ClaimedStart,
        EndsAt = now,
        Labels = episode.Labels,
        Annotations = episode.Annotations,
    };

    private static partial class Log
    {
        [LoggerMessage(5611, LogLevel.Warning, "Alertmanager does not say which alerts it holds: {Reason}", EventName = "AlertmanagerNotComparable")]
        public static partial void Away(ILogger logger, string reason);

        [LoggerMessage(5612, LogLevel.Warning, "Alertmanager no longer holds {Ended} alerts that we took to fire, and holds {Begun} that we did not know of", EventName = "AlertsFollowed")]
        public static partial void Followed(ILogger logger, int ended, int begun);

        [LoggerMessage(5613, LogLevel.Error, "What Alertmanager holds could not be written to the spool", EventName = "AlertsNotFollowed")]
        public static partial void NotRecorded(ILogger logger, Exception exception);
    }
}
