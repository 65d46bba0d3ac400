using System.Text.Json.Serialization;

namespace Back2Code.Monitoring.Health;

/// <summary>The health of the platform, for machines.</summary>
/// <param name="Status">The worst of the checks; <c>unknown</c> is worse than a warning.</param>
/// <param name="IntervalSeconds">Time between two rounds.</param>
/// <param name="Checks">By name and target.</param>
public sealed record HealthView(HealthState Status, double IntervalSeconds, IReadOnlyList<HealthCheckView> Checks)
{
    internal static HealthView From(HealthBoard board, TimeSpan interval)
    {
        IReadOnlyList<CheckStatus> all = board.All;
        return new HealthView(HealthStates.Worst(all.Select(s => s.State)), interval.TotalSeconds, [.. all.Select(HealthCheckView.From)]);
    }
}

/// <summary>One target of one check.</summary>
/// <param name="Name">Of the check.</param>
/// <param name="Target">What of it; empty when the check has only one target.</param>
/// <param name="Title">Of the check, for people.</param>
/// <param name="Status">What was found.</param>
/// <param name="Summary">The same for people.</param>
/// <param name="Since">Since when it has had this status.</param>
/// <param name="CheckedAt">When it was looked at last.</param>
/// <param name="DurationMs">How long the look took.</param>
/// <param name="Readings">What was measured, with the thresholds it was judged by.</param>
public sealed record HealthCheckView(
    string Name, string Target, string Title, HealthState Status, string Summary, DateTimeOffset Since, DateTimeOffset CheckedAt, double DurationMs, IReadOnlyList<Reading> Readings)
{
    internal static HealthCheckView From(CheckStatus s) =>
        new(s.Check, s.Finding.Target, s.Title, s.State, s.Finding.Summary, s.Since, s.CheckedAt, s.Duration.TotalMilliseconds, s.Finding.Readings);
}

[JsonSerializable(typeof(HealthChanged))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
internal sealed partial class HealthJson : JsonSerializerContext;
