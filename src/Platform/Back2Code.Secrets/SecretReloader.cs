using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Back2Code.Secrets;

/// <summary>Looks at each source again and again, and puts what changed in force. Logs names of keys, never values.</summary>
internal sealed partial class SecretReloader(IReadOnlyList<SecretSource> sources, TimeProvider time, ILogger<SecretReloader> logger) : BackgroundService
{
    private readonly Dictionary<string, string> _lastProblem = [];

    /// <summary>One look at one source. Never fails but by the caller's cancellation.</summary>
    internal async Task ReloadOnceAsync(SecretSource source, CancellationToken cancellationToken)
    {
        try
        {
            var reading = await source.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (source.Apply(reading) is { Count: > 0 } changed)
            {
                string keys = string.Join(", ", changed);
                Log.Changed(logger, source.Name, keys);
            }

            Report(source, string.Join(" ", reading.Problems));
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // Only the kind: whoever watches the configuration may throw with a value in the message.
            Report(source, e.GetType().Name);
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(sources.Select(source => RunAsync(source, stoppingToken)));

    private async Task RunAsync(SecretSource source, CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(source.Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
            {
                await ReloadOnceAsync(source, stoppingToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Shutdown.
        }
    }

    private void Report(SecretSource source, string problem)
    {
        lock (_lastProblem)
        {
            if (problem.Length > 0 && _lastProblem.GetValueOrDefault(source.Name) != problem)
            {
                Log.NotRead(logger, source.Name, problem);
            }

            _lastProblem[source.Name] = problem;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(3801, LogLevel.Information, "Secrets changed in {Source}: {Keys}", EventName = "SecretsChanged")]
        public static partial void Changed(ILogger logger, string source, string keys);

        [LoggerMessage(3802, LogLevel.Warning, "Secrets could not be read from {Source}: {Reason} The last values stay in force", EventName = "SecretsNotRead")]
        public static partial void NotRead(ILogger logger, string source, string reason);
    }
}
