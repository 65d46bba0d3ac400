using System.Globalization;
using Back2Code.Monitoring.Prometheus;
using Back2Code.Slo.Rules;

namespace Back2Code.Monitoring.Budgets;

/// <summary>
/// Reads the figures of all budgets from Prometheus, with one question for all of them. Many readers at one time share an answer.
/// While Prometheus gives none, the last known figures stand, with the time they are from; whoever shows them must show that as well.
/// </summary>
internal sealed partial class BudgetReader(PrometheusClient prometheus, SloSet slos, TimeProvider time, ILogger<BudgetReader> logger) : IDisposable
{
    /// <summary>Label that tells the time stamp of a recording from its value.</summary>
    public const string FigureLabel = "figure";
    public const string RecordedAt = "recordedAt";

    // The status page is open to anybody: however often it is asked for, Prometheus is asked once a second.
    private static readonly TimeSpan Shared = TimeSpan.FromSeconds(1);

    private static readonly string Query = string.Create(CultureInfo.InvariantCulture, $$"""
        {__name__=~"{{SloQueries.RemainingMetric}}|{{SloQueries.CoverageMetric}}|{{SloQueries.StateMetric}}|{{SloQueries.GoodMetric("")}}.+|{{SloQueries.TotalMetric("")}}.+|{{SloQueries.BurnRateMetric("")}}.+"}
        or label_replace(timestamp({{SloQueries.ObjectiveMetric}}), "{{FigureLabel}}", "{{RecordedAt}}", "", "")
        """);

    private readonly SemaphoreSlim _one = new(1, 1);
    private volatile BudgetReading _last = new(DateTimeOffset.MinValue, new Dictionary<string, BudgetFigures>(), "not asked yet");
    private long _askedAt;

    /// <summary>The newest figures there are.</summary>
    public async Task<BudgetReading> ReadAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            if (_askedAt != 0 && time.GetElapsedTime(_askedAt) < Shared)
            {
                return _last;
            }

            _last = await AskAsync(cancellationToken);
            // Zero means never.
            _askedAt = Math.Max(1, time.GetTimestamp());
            return _last;
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    private async Task<BudgetReading> AskAsync(CancellationToken cancellationToken)
    {
        if (slos.All.Count == 0)
        {
            return new BudgetReading(time.GetUtcNow(), new Dictionary<string, BudgetFigures>(), Failure: null);
        }

        try
        {
            ILookup<string, PrometheusSample> samples = (await prometheus.QueryAsync(Query, cancellationToken)).ToLookup(s => s.Label("slo"), StringComparer.Ordinal);
            return new BudgetReading(
                time.GetUtcNow(),
                slos.All.ToDictionary(slo => slo.Slo, slo => BudgetFigures.Of(slo, samples[slo.Slo]), StringComparer.Ordinal),
                Failure: null);
        }
        catch (PrometheusException e)
        {
            if (_last.Failure is null || _askedAt == 0)
            {
                Log.Away(logger, e.Message);
            }

            return _last with { Failure = e.Message };
        }
    }

    private static partial class Log
    {
        [LoggerMessage(5621, LogLevel.Warning, "Budgets cannot be read, the last known figures stand: {Reason}", EventName = "BudgetsNotRead")]
        public static partial void Away(ILogger logger, string reason);
    }
}

/// <summary>The figures of all budgets.</summary>
/// <param name="ReadAt">When Prometheus gave them.</param>
/// <param name="Figures">By the name of the SLO; empty when Prometheus never answered.</param>
/// <param name="Failure">Why there are no newer ones; null when these are the newest.</param>
internal sealed record BudgetReading(DateTimeOffset ReadAt, IReadOnlyDictionary<string, BudgetFigures> Figures, string? Failure);
