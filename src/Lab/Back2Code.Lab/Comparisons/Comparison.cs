using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Back2Code.Lab.Campaigns;

namespace Back2Code.Lab.Comparisons;

/// <summary>Two runs of one drill with the same seed.</summary>
/// <param name="WithFirst">Which of the two came first; drawn by the comparison's seed.</param>
public sealed record RunPair(int Seed, bool WithFirst, RunResult Without, RunResult With)
{
    public bool IsJudged => Without.IsJudged && With.IsJudged;
}

/// <summary>A drill with and without a setting: <c>comparison.json</c>. What is said of it is computed from <see cref="Pairs"/>.</summary>
public sealed record Comparison
{
    internal static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    private static readonly (string Name, string Unit, Func<RunResult, double?> Of)[] Figures =
    [
        ("time to detect", "s", r => r.UsersNotice ? r.MttdSeconds : r.SignalSeconds),
        ("time to recover", "s", r => r.MttrSeconds),
        ("failed requests", "requests", r => r.Failed),
        ("p99", "ms", r => r.P99Ms),
        ("error budget burnt", "of 30 days", r => r.BudgetRatio),
    ];

    public int Version { get; init; } = 1;

    public required string Product { get; init; }

    public required string Drill { get; init; }

    /// <summary>As given, <c>KEY=VALUE</c> each.</summary>
    public required IReadOnlyList<string> Settings { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public required DateTimeOffset EndedAt { get; init; }

    public int Seed { get; init; }

    public int Processors { get; init; }

    public IReadOnlyList<RunPair> Pairs { get; init; } = [];

    public IReadOnlyList<string> Notes { get; init; } = [];

    public bool Interrupted { get; init; }

    /// <summary>Only pairs of which both runs were played to their end count.</summary>
    public IReadOnlyList<PairedEffect> Effects => [.. Figures.Select(f => PairedEffect.Of(f.Name, f.Unit, Pairs.Where(p => p.IsJudged).Select(p => (f.Of(p.Without), f.Of(p.With))), Seed))];

    /// <summary>The sentences that stand for the whole.</summary>
    public IReadOnlyList<string> Verdict => [.. Effects.Select(e => e.Describe(string.Join(" ", Settings)))];

    public string ToJson() => JsonSerializer.Serialize(this, Format);
}
