using Microsoft.Extensions.Options;

namespace Back2Code.Monitoring.Budgets;

/// <summary>Answers how the budgets stand: with current figures, or the last known ones for as long as they may be kept.</summary>
internal sealed class BudgetDesk(SloSet slos, BudgetReader reader, IOptions<BudgetOptions> options, TimeProvider time)
{
    public bool Has(string name) => slos.Find(name) is not null;

    /// <summary>All budgets, in the order of the files.</summary>
    public async Task<BudgetAnswer> ReadAsync(CancellationToken cancellationToken)
    {
        BudgetReading reading = await reader.ReadAsync(cancellationToken);
        DateTimeOffset now = time.GetUtcNow();
        if (reading.Failure is { } failure && now - reading.ReadAt > options.Value.KeepFor)
        {
            return new BudgetAnswer([], failure, Available: false);
        }

        return new BudgetAnswer(
            [.. slos.All.Select(slo => BudgetView.From(slo, reading.Figures.GetValueOrDefault(slo.Slo) ?? new BudgetFigures(), slos.TimeScale, now, options.Value.StaleAfter))],
            reading.Failure,
            Available: true);
    }

    public string DescriptionOf(string name) => slos.Find(name)?.Origin.Description ?? "";
}

/// <summary>All budgets, and why they are not current.</summary>
/// <param name="Budgets">Empty when nothing can be told.</param>
/// <param name="Failure">Why Prometheus gave nothing newer; null when it did.</param>
/// <param name="Available">False: Prometheus is away and what is known is too old to be told.</param>
internal sealed record BudgetAnswer(IReadOnlyList<BudgetView> Budgets, string? Failure, bool Available)
{
    public BudgetView? Find(string name) => Budgets.FirstOrDefault(b => b.Name == name);
}
