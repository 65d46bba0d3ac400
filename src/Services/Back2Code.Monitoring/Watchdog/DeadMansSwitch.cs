using Back2Code.Monitoring.Alerts;
using Back2Code.Monitoring.Incidents;
using Microsoft.Extensions.Options;

namespace Back2Code.Monitoring.Watchdog;

/// <summary>
/// Prometheus has a rule that always fires, <c>Watchdog</c>. While it arrives here, the way from rule to incident works; when it stops, nothing else
/// would tell, so this does: it raises <c>MonitoringBlind</c>. Elapsed time is measured, so a clock that is set changes nothing.
/// </summary>
internal sealed partial class DeadMansSwitch : BackgroundService
{
    public const string WatchdogAlert = "Watchdog";
    public const string BlindAlert = "MonitoringBlind";

    internal const string BlindFingerprint = "monitoringblind";

    private readonly IncidentDesk _desk;
    private readonly WatchdogOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<DeadMansSwitch> _logger;
    private readonly Lock _gate = new();

    // Until when silence is in order: the last sign of life and the time allowed after it.
    private long _heardAt;
    private TimeSpan _allowed;
    private long _lookedAt;
    private string? _lastEvaluation;

    // Since the alert was raised, or since this process began and found it raised.
    private bool _hasHeard;

    public DeadMansSwitch(IncidentDesk desk, IOptions<WatchdogOptions> options, TimeProvider time, ILogger<DeadMansSwitch> logger)
    {
        (_desk, _options, _time, _logger) = (desk, options.Value, time, logger);
        _heardAt = _lookedAt = time.GetTimestamp();
        _allowed = Longer(_options.StartGrace, _options.SilentFor ?? TimeSpan.Zero);
    }

    /// <summary>Takes the Watchdog out of a notification; what is left are alerts.</summary>
    public IReadOnlyList<Alert> Sift(IReadOnlyList<Alert> alerts)
    {
        if (!alerts.Any(a => a.Name == WatchdogAlert))
        {
            return alerts;
        }

        foreach (Alert watchdog in alerts.Where(a => a.Name == WatchdogAlert && a.EndsAt is null))
        {
            Hear(watchdog);
        }

        return [.. alerts.Where(a => a.Name != WatchdogAlert)];
    }

    /// <summary>Looks whether it has been silent for too long, or speaks again.</summary>
    internal async Task EvaluateOnceAsync(CancellationToken cancellationToken)
    {
        if (_options.SilentFor is not { } silentFor)
        {
            return;
        }

        TimeSpan silence;
        bool isTooLong, hasHeard;
        lock (_gate)
        {
            // If we ourselves were stopped, notifications have been waiting at our door; they deserve the time to come in. It is time, no sign of life.
            if (_time.GetElapsedTime(_lookedAt) > silentFor / 2)
            {
                _heardAt = _time.GetTimestamp();
                _allowed = silentFor;
            }

            _lookedAt = _time.GetTimestamp();
            silence = _time.GetElapsedTime(_heardAt);
            isTooLong = silence > _allowed;

            // Too long a silence: what was heard before it does not end the alert that it raises.
            hasHeard = _hasHeard &= !isTooLong;
        }

        // Asked of the book, not remembered: the alert may have been raised before a restart.
        AlertEpisode? raised = _desk.Book.ActiveAlerts.FirstOrDefault(a => a.Fingerprint == BlindFingerprint);
        try
        {
            if (isTooLong && raised is null)
            {
                DateTimeOffset now = _desk.Now;
                if (await _desk.AcceptAsync([Blind(now, null, silence)], now, cancellationToken))
                {
                    Log.Blind(_logger, silence.TotalSeconds);
                }
            }
            else if (hasHeard && raised is not null)
            {
                DateTimeOffset now = _desk.Now;
                if (await _desk.AcceptAsync([Blind(raised.StartsAt, now, silence)], now, cancellationToken))
                {
                    Log.Sees(_logger, (now - raised.StartsAt).TotalSeconds);
                }
            }
        }
        catch (IOException e)
        {
            Log.NotRecorded(_logger, e);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (_options.SilentFor is not { } silentFor)
        {
            return;
        }

        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(Math.Clamp(silentFor.TotalMilliseconds / 15, 100, 5_000)), _time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await EvaluateOnceAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // We stop; to be silent is then our own doing.
        }
    }

    /// <summary>
    /// Alertmanager goes on repeating an alert for minutes after Prometheus has died. The rule therefore writes the time of its evaluation into an annotation:
    /// a repetition that brings no newer one is no sign of life.
    /// </summary>
    private void Hear(Alert watchdog)
    {
        string evaluation = watchdog.Annotations.GetValueOrDefault("evaluated_at") is { Length: > 0 } told ? told : $"heard {_time.GetTimestamp()}";
        lock (_gate)
        {
            if (evaluation != _lastEvaluation)
            {
                _lastEvaluation = evaluation;
                _hasHeard = true;
                _heardAt = _time.GetTimestamp();
                _allowed = _options.SilentFor ?? TimeSpan.Zero;
            }
        }
    }

    private static Alert Blind(DateTimeOffset startsAt, DateTimeOffset? endsAt, TimeSpan silence) => new()
    {
        Fingerprint = BlindFingerprint,
        Name = BlindAlert,
        Severity = Severity.Critical,
        StartsAt = startsAt,
        ClaimedStart = startsAt,
        EndsAt = endsAt,
        Labels = new Dictionary<string, string> { ["alertname"] = BlindAlert, ["severity"] = "critical", ["service"] = "monitoring" },
        Annotations = new Dictionary<string, string>
        {
            ["summary"] = "Alerts no longer reach monitoring",
            ["description"] = FormattableString.Invariant($"No Watchdog for {silence.TotalSeconds:0} s: Prometheus, Alertmanager or the way between them is down, and nothing else would be told."),
            ["runbook"] = "docs/runbooks/alerts.md#monitoringblind",
        },
    };

    private static TimeSpan Longer(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private static partial class Log
    {
        [LoggerMessage(5601, LogLevel.Error, "No Watchdog for {Seconds} s: monitoring is blind", EventName = "MonitoringBlind")]
        public static partial void Blind(ILogger logger, double seconds);

        [LoggerMessage(5602, LogLevel.Information, "The Watchdog arrives again; monitoring was blind for {Seconds} s", EventName = "MonitoringSees")]
        public static partial void Sees(ILogger logger, double seconds);

        [LoggerMessage(5603, LogLevel.Error, "That monitoring is blind could not be written to the spool", EventName = "MonitoringBlindNotRecorded")]
        public static partial void NotRecorded(ILogger logger, Exception exception);
    }
}
