using System.Text.Json.Serialization;

namespace Back2Code.Monitoring.Health;

/// <summary>What a check found. The numbers are the values of the metric.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<HealthState>))]
public enum HealthState
{
    /// <summary>Looked, and all is well.</summary>
    [JsonStringEnumMemberName("ok")] Ok = 0,

    /// <summary>Needs somebody, not now.</summary>
    [JsonStringEnumMemberName("warning")] Warning = 1,

    /// <summary>Needs somebody soon.</summary>
    [JsonStringEnumMemberName("critical")] Critical = 2,

    /// <summary>Could not look. Not the same as well.</summary>
    [JsonStringEnumMemberName("unknown")] Unknown = 3,

    /// <summary>There is nothing to look at here, or nothing was configured. Not the same as well either; it has no metric.</summary>
    [JsonStringEnumMemberName("notApplicable")] NotApplicable = 4,
}

internal static class HealthStates
{
    public static string Text(this HealthState state) => state switch
    {
        HealthState.Ok => "ok",
        HealthState.Warning => "warning",
        HealthState.Critical => "critical",
        HealthState.Unknown => "unknown",
        _ => "notApplicable",
    };

    /// <summary>The worst: what is not known may be anything, so it comes before a warning, and only what is known to be critical is worse.</summary>
    public static HealthState Worst(IEnumerable<HealthState> states) =>
        states.Where(s => s != HealthState.NotApplicable).DefaultIfEmpty(HealthState.NotApplicable).MaxBy(Rank);

    public static int Rank(this HealthState state) => state switch
    {
        HealthState.Critical => 4,
        HealthState.Unknown => 3,
        HealthState.Warning => 2,
        HealthState.Ok => 1,
        _ => 0,
    };
}
