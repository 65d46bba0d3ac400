using System.Diagnostics;
using System.Diagnostics.Metrics;
using Back2Code.Data;
using Back2Code.Resilience;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Back2Code.Identity.Audit;

/// <summary>
/// Verifies the whole trail again and again, so that somebody is told who has not asked. It takes a tenth of one core at the most: a chain of a million rows takes its time.
/// </summary>
internal sealed partial class AuditWatch : BackgroundService
{
    /// <summary>Pause after each page, in times of what the page took.</summary>
    private const int Idle = 9;

    private readonly AuditReader _reader;
    private readonly CheckpointKeys _keys;
    private readonly PostgresMigrator _migrator;
    private readonly IOptions<AuditOptions> _options;
    private readonly TimeProvider _time;
    private readonly ILogger<AuditWatch> _logger;
    private volatile AuditVerdict? _last;

    public AuditWatch(
        AuditReader reader, CheckpointKeys keys, PostgresMigrator migrator, IOptions<AuditOptions> options, IMeterFactory meters, TimeProvider time, ILogger<AuditWatch> logger)
    {
        (_reader, _keys, _migrator, _options, _time, _logger) = (reader, keys, migrator, options, time, logger);
        var meter = meters.Create("Back2Code.Identity");
        meter.CreateObservableGauge(
            "back2code.audit.intact",
            () => _last is { } verdict ? [new Measurement<int>(verdict.Intact ? 1 : 0)] : Array.Empty<Measurement<int>>(),
            description: "1 while the last verification of the audit trail found it whole, 0 when it did not; absent before the first.");
        meter.CreateObservableGauge(
            "back2code.audit.verified", () => _last is { } verdict ? [new Measurement<long>(verdict.Records)] : Array.Empty<Measurement<long>>(), "{record}", "Records that the last verification walked.");
    }

    /// <returns>What was found; null when PostgreSQL is away, of which others tell.</returns>
    public async Task<AuditVerdict?> VerifyOnceAsync(CancellationToken cancellationToken)
    {
        try
        {
            var page = Stopwatch.GetTimestamp();
            await foreach (var verdict in new AuditVerification(_reader, _keys).RunAsync(cancellationToken))
            {
                if (verdict is not null)
                {
                    Tell(verdict);
                    return verdict;
                }

                await Task.Delay(Idle * Stopwatch.GetElapsedTime(page), _time, cancellationToken);
                page = Stopwatch.GetTimestamp();
            }
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or DependencyUnavailableException)
        {
            Log.NotVerified(_logger, e.Message);
        }

        return null;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await _migrator.Completed.WaitAsync(stoppingToken);
        using PeriodicTimer timer = new(_options.Value.VerifyInterval, _time);
        do
        {
            await VerifyOnceAsync(stoppingToken);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private void Tell(AuditVerdict verdict)
    {
        if (verdict.Fault is { } fault && _last?.Fault != fault)
        {
            Log.Broken(_logger, fault.Sequence, fault.Kind, fault.Detail);
        }

        _last = verdict;
    }

    private static partial class Log
    {
        [LoggerMessage(4811, LogLevel.Critical, "The audit trail is broken at row {Sequence} ({Kind}): {Detail}", EventName = "AuditBroken")]
        public static partial void Broken(ILogger logger, long sequence, AuditBreak kind, string detail);

        [LoggerMessage(4812, LogLevel.Warning, "The audit trail could not be verified; the next attempt comes with the next interval: {Reason}", EventName = "AuditNotVerified")]
        public static partial void NotVerified(ILogger logger, string reason);
    }
}
