using System.Text.Json;
using Back2Code.Lab.Campaigns;
using Back2Code.Lab.Statistics;

namespace Back2Code.Lab.Comparisons;

/// <summary>One combination of values, with its runs.</summary>
/// <param name="Rate">Requests a second that were asked for.</param>
public sealed record SweepPoint(IReadOnlyList<string> Settings, int Rate, IReadOnlyList<RunResult> Runs)
{
    private IEnumerable<RunResult> Judged => Runs.Where(r => r.IsJudged && r.Requests > 0);

    /// <summary>Share of requests that were answered well, over all its runs together; null when none was played to its end.</summary>
    public double? Availability => Judged.Sum(r => r.Requests) is { } total and > 0 ? 1 - ((double)Judged.Sum(r => r.Failed ?? 0) / total) : null;

    /// <summary>Median over its runs.</summary>
    public double? P99Ms => Median(r => r.P99Ms);

    public double? MttrSeconds => Median(r => r.MttrSeconds);

    public double? BudgetRatio => Median(r => r.BudgetRatio);

    /// <summary>Less is better in each: what users were refused, how long they waited, and how little load it was.</summary>
    internal IReadOnlyList<double>? Costs => this is { Availability: { } availability, P99Ms: { } p99 } ? [1 - availability, p99, -Rate] : null;

    private double? Median(Func<RunResult, double?> of) => Judged.Select(of).OfType<double>().ToList() is { Count: > 0 } values ? Quantiles.Median(values) : null;
}

/// <summary>A drill over a range of values: <c>sweep.json</c>. What is said of it is computed from <see cref="Points"/>.</summary>
public sealed record Sweep
{
    public int Version { get; init; } = 1;

    public required string Product { get; init; }

    public required string Drill { get; init; }

    public required IReadOnlyList<SweepAxis> Axes { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public required DateTimeOffset EndedAt { get; init; }

    public int Seed { get; init; }

    public int Repeat { get; init; } = 1;

    public int Processors { get; init; }

    public IReadOnlyList<SweepPoint> Points { get; init; } = [];

    public IReadOnlyList<string> Notes { get; init; } = [];

    public bool Interrupted { get; init; }

    /// <summary>Indices of the points that no other point beats in availability, p99 and load together.</summary>
    public IReadOnlyList<int> Pareto
    {
        get
        {
            int[] known = [.. Enumerable.Range(0, Points.Count).Where(i => Points[i].Costs is not null)];
            return [.. ParetoSet.Of([.. known.Select(i => Points[i].Costs!)]).Select(i => known[i])];
        }
    }

    /// <summary>The sentence that stands for the whole.</summary>
    public string Verdict => Pareto.Count == 0
        ? "No point was played to its end."
        : FormattableString.Invariant($"{Pareto.Count} of {Points.Count} points are worth having, because no other is better in availability, p99 and load at once: {string.Join("; ", Pareto.Select(i => string.Join(" ", Points[i].Settings)))}.");

    public string ToJson() => JsonSerializer.Serialize(this, Comparison.Format);
}
