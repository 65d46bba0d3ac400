using System.Text.Json.Nodes;
using Back2Code.Chaos.Experiments.Providers;
using Back2Code.Chaos.Experiments.Tolerances;

namespace Back2Code.Chaos.Experiments;

/// <summary>Asks Prometheus for the stop conditions of an experiment while its method runs.</summary>
internal sealed class StopWatchdog(ExperimentChecks checks, ExperimentScope scope, ActivityRunner runner, TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    // A safeguard that sees nothing is none. Longer than Prometheus takes to be asked a few times over.
    private static readonly TimeSpan LongestBlindness = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _stopped = new();
    private readonly Dictionary<StopCondition, double> _atStart = [];
    private readonly string _prometheus = Placeholders.FillText(checks.Prometheus, scope.Configuration);

    /// <summary>Cancelled when a condition is met.</summary>
    public CancellationToken Stopped => _stopped.Token;

    /// <summary>Which one; null while none is.</summary>
    public string? Reason { get; private set; }

    /// <summary>Looks once before anything is broken.</summary>
    /// <returns>Why the method must not begin, or null.</returns>
    public async Task<string?> ArmAsync(CancellationToken cancellationToken)
    {
        try
        {
            foreach (var budget in checks.Stop.OfType<StopCondition.Budget>())
            {
                _atStart[budget] = await RemainingAsync(budget, cancellationToken)
                    ?? throw new ActivityFailedException($"Prometheus knows no error budget of '{budget.Slo}'");
            }

            return await FindMetAsync(cancellationToken) is { } met ? $"a stop condition is met before the method: {met}" : null;
        }
        catch (ActivityFailedException e)
        {
            return $"the stop conditions cannot be watched: {e.Message}";
        }
    }

    public async Task RunAsync(CancellationToken stop)
    {
        var seen = clock.GetTimestamp();
        try
        {
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    Reason = await FindMetAsync(stop);
                    seen = clock.GetTimestamp();
                }
                catch (ActivityFailedException e) when (clock.GetElapsedTime(seen) >= LongestBlindness)
                {
                    Reason = $"the stop conditions could not be watched for {Seconds.Text(LongestBlindness)} s: {e.Message}";
                }
                catch (ActivityFailedException)
                {
                    // Asked again; blindness has a limit.
                }

                if (Reason is not null)
                {
                    await _stopped.CancelAsync();
                    return;
                }

                await Task.Delay(Every, clock, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The method is over.
        }
    }

    public void Dispose() => _stopped.Dispose();

    private async Task<string?> FindMetAsync(CancellationToken cancellationToken)
    {
        foreach (var condition in checks.Stop)
        {
            var isMet = condition switch
            {
                StopCondition.Alert alert => Number(await AskAsync($"count(ALERTS{{alertname={Quoted(alert.Name)},alertstate=\"firing\"}}) or vector(0)", cancellationToken)) > 0,
                StopCondition.Budget budget => await RemainingAsync(budget, cancellationToken) is { } left && _atStart[budget] - left >= budget.Burnt,
                _ => throw new System.Diagnostics.UnreachableException(condition.ToString()),
            };
            if (isMet)
            {
                return condition.ToString();
            }
        }

        return null;
    }

    private async Task<double?> RemainingAsync(StopCondition.Budget budget, CancellationToken cancellationToken) =>
        Number(await AskAsync($"{SloSeries.Remaining}{{slo={Quoted(Filled(budget.Slo))}}}", cancellationToken));

    private Task<JsonNode?> AskAsync(string query, CancellationToken cancellationToken) => runner.AskPrometheusAsync(_prometheus, query, cancellationToken);

    private string Filled(string text) => Placeholders.FillText(text, scope.Configuration);

    private static double? Number(JsonNode? answer) => Values.IsNumber(answer) ? Values.AsNumber(answer) : null;

    private string Quoted(string text) => $"\"{Filled(text).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
