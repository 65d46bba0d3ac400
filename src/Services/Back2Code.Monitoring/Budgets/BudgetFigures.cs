using Back2Code.Monitoring.Prometheus;
using Back2Code.Slo.Rules;

namespace Back2Code.Monitoring.Budgets;

/// <summary>What Prometheus has recorded for one objective, at one time. A figure that it does not have is null.</summary>
internal sealed record BudgetFigures
{
    /// <summary>When the rules were evaluated that these figures come from.</summary>
    public DateTimeOffset? RecordedAt { get; init; }

    /// <summary>Events in the period that has data.</summary>
    public double? Total { get; init; }

    public double? Good { get; init; }

    /// <summary>Share of the budget that is left; negative when it is overspent.</summary>
    public double? Remaining { get; init; }

    /// <summary>Share of the period for which there is data.</summary>
    public double? Coverage { get; init; }

    /// <summary>Null: there is no data, which is neither good nor bad.</summary>
    public BudgetState? State { get; init; }

    /// <summary>By the window's name.</summary>
    public IReadOnlyDictionary<string, double> BurnRates { get; init; } = new Dictionary<string, double>();

    public static BudgetFigures Of(SloQueries slo, IEnumerable<PrometheusSample> samples)
    {
        var values = new Dictionary<string, double>(StringComparer.Ordinal);
        DateTimeOffset? recordedAt = null;
        foreach (PrometheusSample sample in samples.Where(s => double.IsFinite(s.Value)))
        {
            if (sample.Label(BudgetReader.FigureLabel) == BudgetReader.RecordedAt)
            {
                recordedAt = DateTimeOffset.FromUnixTimeMilliseconds((long)(sample.Value * 1000));
            }
            else
            {
                values[sample.Metric] = sample.Value;
            }
        }

        return new BudgetFigures
        {
            RecordedAt = recordedAt,
            Total = Value(SloQueries.TotalMetric(slo.Period)),
            Good = Value(SloQueries.GoodMetric(slo.Period)),
            Remaining = Value(SloQueries.RemainingMetric),
            Coverage = Value(SloQueries.CoverageMetric),
            State = Value(SloQueries.StateMetric) switch
            {
                0 => BudgetState.Ok,
                1 => BudgetState.Warning,
                2 => BudgetState.Critical,
                _ => null,
            },
            BurnRates = slo.Windows
                .Select(w => (Window: w, Rate: Value(SloQueries.BurnRateMetric(w))))
                .Where(w => w.Rate is not null)
                .ToDictionary(w => w.Window, w => w.Rate!.Value, StringComparer.Ordinal),
        };

        double? Value(string metric) => values.TryGetValue(metric, out double value) ? value : null;
    }
}
