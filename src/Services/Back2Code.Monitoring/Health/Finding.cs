using System.Text.Json.Serialization;

namespace Back2Code.Monitoring.Health;

/// <summary>What a check found about one target: a process, a queue, a disk; or about its only one, whose name is empty.</summary>
internal sealed record Finding(string Target, HealthState State, string Summary, IReadOnlyList<Reading> Readings)
{
    /// <summary>The worst of the readings decides.</summary>
    public static Finding Of(string target, string summary, params IReadOnlyList<Reading> readings) =>
        new(target, HealthStates.Worst(readings.Select(r => r.State)), summary, readings);

    public static IReadOnlyList<Finding> NotApplicable(string why) => [new("", HealthState.NotApplicable, why, [])];
}

/// <summary>One measured value with the thresholds that it was judged by.</summary>
/// <param name="Name">In camelCase; a label of the metric.</param>
/// <param name="Value">Measured.</param>
/// <param name="Unit">s, By, 1 for a share, or what is counted.</param>
/// <param name="Warning">Null: it is only told, not judged.</param>
/// <param name="Critical">Null as well then.</param>
public sealed record Reading(
    string Name,
    [property: JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)] double Value,
    string Unit,
    double? Warning = null,
    double? Critical = null)
{
    /// <summary>Critical below warning means that less is worse, as with the days that a certificate has left.</summary>
    internal HealthState State =>
        Warning is not { } warning || Critical is not { } critical ? HealthState.Ok
        : critical < warning ? Judge(-Value, -warning, -critical)
        : Judge(Value, warning, critical);

    // What is not a number compares as neither; that must not read as well.
    private static HealthState Judge(double value, double warning, double critical) =>
        double.IsNaN(value) ? HealthState.Unknown
        : value >= critical ? HealthState.Critical
        : value >= warning ? HealthState.Warning
        : HealthState.Ok;
}
