using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Back2Code.Observability;

/// <summary>
/// Keeps the listener open for the drain delay after readiness turned false: the gateway needs a check or two to notice,
/// and whatever it sends until then must still be served.
/// </summary>
internal sealed partial class DrainBeforeStop(
    Readiness readiness, IOptions<ObservabilityOptions> options, TimeProvider time, ILogger<DrainBeforeStop> logger) : IHostedLifecycleService
{
    /// <summary>The host awaits this before it stops any service, the listener included.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        readiness.BeginDrain();
        var delay = options.Value.DrainDelay;
        Log.Draining(logger, delay.TotalMilliseconds);
        try
        {
            await Task.Delay(delay, time, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The shutdown time-out is shorter than the delay: go on stopping.
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static partial class Log
    {
        [LoggerMessage(2201, LogLevel.Information, "Stopping: not ready any more, the listener closes in {DelayMs} ms", EventName = "Draining")]
        public static partial void Draining(ILogger logger, double delayMs);
    }
}
