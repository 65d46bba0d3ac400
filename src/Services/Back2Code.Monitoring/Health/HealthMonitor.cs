using System.Diagnostics.Metrics;
using Microsoft.Extensions.Options;

namespace Back2Code.Monitoring.Health;

/// <summary>
/// Runs all checks in every round, at once and each within its own time-out, so that one that fails or hangs delays no other. What each finds is
/// published the moment it is found.
/// </summary>
internal sealed partial class HealthMonitor : BackgroundService
{
    private readonly List<CheckRunner> _checks;
    private readonly HealthBoard _board;
    private readonly HealthEvents _events;
    private readonly IOptions<MonitoringOptions> _options;
    private readonly TimeProvider _time;
    private readonly ILogger<HealthMonitor> _logger;

    public HealthMonitor(
        IEnumerable<IPlatformCheck> checks, HealthBoard board, HealthEvents events, IOptions<MonitoringOptions> options, IOptions<HealthOptions> limits, TimeProvider time, IMeterFactory meters, ILogger<HealthMonitor> logger)
    {
        (_board, _events, _options, _time, _logger) = (board, events, options, time, logger);
        _checks = [.. checks.Select(c => new CheckRunner(c, limits, time, logger))];
        Meter meter = meters.Create("Back2Code.Monitoring.Health");
        meter.CreateObservableGauge(
            "back2code.health.check.status",
            () => Measured().Select(s => new Measurement<int>((int)s.State, Tags(s))),
            "{state}",
            "0 ok, 1 warning, 2 critical, 3 unknown. What is not applicable has no series.");
        meter.CreateObservableGauge(
            "back2code.health.check.age",
            () => Measured().Select(s => new Measurement<double>(Math.Max(0, (time.GetUtcNow() - s.CheckedAt).TotalSeconds), Tags(s))),
            "s",
            "Time since the check last told something.");
        meter.CreateObservableGauge(
            "back2code.health.reading",
            () => Measured().SelectMany(s => s.Finding.Readings.Select(r => new Measurement<double>(r.Value, [.. Tags(s), new("reading", r.Name)]))),
            "{value}",
            "What a check measured, in the unit of the reading.");
    }

    /// <summary>One round. Ends when each check has found something, failed, or used up its time.</summary>
    internal Task RunOnceAsync(CancellationToken cancellationToken) => Task.WhenAll(_checks.Select(c => RunAsync(c, cancellationToken)));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Not on the thread that starts the host.
        await Task.Yield();
        using var timer = new PeriodicTimer(_options.Value.HealthInterval, _time);
        try
        {
            do
            {
                await RunOnceAsync(stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Shutdown.
        }
    }

    private async Task RunAsync(CheckRunner check, CancellationToken cancellationToken)
    {
        IReadOnlyList<HealthChange> changes = await check.RunAsync(_board, cancellationToken);
        foreach (HealthChange change in changes)
        {
            Tell(change);
        }
    }

    private void Tell(HealthChange change)
    {
        Finding finding = change.Status.Finding;
        if (change.From is null && finding.State is HealthState.Ok or HealthState.NotApplicable)
        {
            // The first look, and nothing to say.
            return;
        }

        _events.Add(change);
        string name = finding.Target.Length == 0 ? change.Status.Check : $"{change.Status.Check}/{finding.Target}";
        if (finding.State is HealthState.Ok or HealthState.NotApplicable)
        {
            Log.Better(_logger, name, finding.State.Text(), finding.Summary);
        }
        else
        {
            Log.Worse(_logger, name, finding.State.Text(), finding.Summary);
        }
    }

    private IEnumerable<CheckStatus> Measured() => _board.All.Where(s => s.State != HealthState.NotApplicable);

    private static KeyValuePair<string, object?>[] Tags(CheckStatus status) => [new("check", status.Check), new("target", status.Finding.Target)];

    private static partial class Log
    {
        [LoggerMessage(5701, LogLevel.Warning, "Health check {Check} is {State}: {Summary}", EventName = "HealthCheckWorse")]
        public static partial void Worse(ILogger logger, string check, string state, string summary);

        [LoggerMessage(5702, LogLevel.Information, "Health check {Check} is {State}: {Summary}", EventName = "HealthCheckBetter")]
        public static partial void Better(ILogger logger, string check, string state, string summary);
    }
}
