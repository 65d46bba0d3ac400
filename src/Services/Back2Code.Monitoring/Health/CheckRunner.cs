using Back2Code.Resilience;
using Microsoft.Extensions.Options;

namespace Back2Code.Monitoring.Health;

/// <summary>Runs one check within its time-out, and never twice at once: one that ignores its time-out must not pile up.</summary>
internal sealed partial class CheckRunner(IPlatformCheck check, IOptions<HealthOptions> options, TimeProvider time, ILogger logger)
{
    private Task<IReadOnlyList<Finding>>? _running;

    /// <summary>Looks once and publishes. Throws only if cancelled.</summary>
    /// <returns>What has changed.</returns>
    public async Task<IReadOnlyList<HealthChange>> RunAsync(HealthBoard board, CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        TimeSpan timeout = options.Value.CheckTimeout;
        if (_running is { IsCompleted: false })
        {
            return board.PublishFailure(check, $"the last look has not ended after {Amount.Seconds(timeout.TotalSeconds)}", TimeSpan.Zero);
        }

        using var limit = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            // Elsewhere: a check that blocks its thread must not block the others.
            _running = Task.Run(() => check.RunAsync(either.Token), CancellationToken.None);
            IReadOnlyList<Finding> findings = await _running.WaitAsync(either.Token);
            return board.Publish(check, findings, time.GetElapsedTime(start));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return board.PublishFailure(check, $"no answer within {Amount.Seconds(timeout.TotalSeconds)}", time.GetElapsedTime(start));
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // Whatever else it says may name hosts and users: it goes to the log, not on a page.
            string reason = e is CheckFailedException or DependencyUnavailableException ? e.Message : $"the check failed ({e.GetType().Name})";
            IReadOnlyList<HealthChange> changes = board.PublishFailure(check, reason, time.GetElapsedTime(start));
            if (changes.Count > 0)
            {
                Log.Failed(logger, check.Name, e);
            }

            return changes;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(5703, LogLevel.Information, "Health check {Check} could not look", EventName = "HealthCheckFailed")]
        public static partial void Failed(ILogger logger, string check, Exception exception);
    }
}
