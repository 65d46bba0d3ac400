using System.Diagnostics.Metrics;
using Back2Code.Data;
using Back2Code.Resilience;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Back2Code.Identity.Erasing;

/// <summary>Looks how long erasures have waited for their services, asks those again that have not answered, and lets somebody be told when one does not come to its end.</summary>
internal sealed partial class ErasureWatch : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly NpgsqlDataSource _source;
    private readonly ErasureStore _erasures;
    private readonly IOptions<IdentityOptions> _options;
    private readonly PostgresMigrator _migrator;
    private readonly TimeProvider _time;
    private readonly ILogger<ErasureWatch> _logger;
    private volatile Seen? _seen;

    public ErasureWatch(
        [FromKeyedServices(PostgresPools.Background)] NpgsqlDataSource source, ErasureStore erasures, PostgresMigrator migrator, IOptions<IdentityOptions> options, IMeterFactory meters,
        TimeProvider time, ILogger<ErasureWatch> logger)
    {
        (_source, _erasures, _migrator, _options, _time, _logger) = (source, erasures, migrator, options, time, logger);
        var meter = meters.Create("Back2Code.Identity");
        meter.CreateObservableGauge(
            "back2code.identity.erasures.pending", () => _seen is { } seen ? [new Measurement<long>(seen.Count)] : Array.Empty<Measurement<long>>(), "{erasure}",
            "Erasures that a service has not answered yet; absent before the first look.");
        meter.CreateObservableGauge(
            "back2code.identity.erasures.oldest_age", () => _seen is { } seen ? [new Measurement<double>(AgeOf(seen))] : Array.Empty<Measurement<double>>(), "s",
            "Age of the oldest of them; 0 when there is none.");
    }

    public async Task LookOnceAsync(CancellationToken cancellationToken)
    {
        const string sql = "SELECT count(*), min(requested_at) FROM erasures WHERE completed_at IS NULL";

        try
        {
            await using var command = _source.CreateCommand(sql);
            await using var row = await command.ExecuteReaderAsync(cancellationToken);
            await row.ReadAsync(cancellationToken);
            _seen = new Seen(row.GetInt64(0), row.ValueOrNull<DateTimeOffset>(1));
            if (_seen.Count > 0)
            {
                await _erasures.AskAgainAsync(_options.Value.ErasureAskedAgainAfter, cancellationToken);
            }
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException or DependencyUnavailableException)
        {
            // What was seen last ages on.
            Log.Failed(_logger, exception.Message);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await _migrator.Completed.WaitAsync(stoppingToken);
        using PeriodicTimer timer = new(Interval, _time);
        do
        {
            await LookOnceAsync(stoppingToken);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private double AgeOf(Seen seen) => seen.Oldest is { } oldest ? Math.Max(0, (_time.GetUtcNow() - oldest).TotalSeconds) : 0;

    private sealed record Seen(long Count, DateTimeOffset? Oldest);

    private static partial class Log
    {
        [LoggerMessage(4361, LogLevel.Debug, "Pending erasures could not be counted: {Reason}", EventName = "ErasuresNotCounted")]
        public static partial void Failed(ILogger logger, string reason);
    }
}
