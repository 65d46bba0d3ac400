using System.Text.Json.Serialization;

namespace Back2Code.Observability;

/// <summary>Body of the health endpoints.</summary>
/// <param name="Status"><c>healthy</c>, <c>degraded</c> (serves, with a dependency missing) or <c>unhealthy</c> (wants no traffic).</param>
/// <param name="Checks">The parts that make up the status.</param>
public sealed record HealthBody(string Status, IReadOnlyList<HealthCheck> Checks)
{
    internal const string Healthy = "healthy";
    internal const string Degraded = "degraded";
    internal const string Unhealthy = "unhealthy";

    internal static HealthBody Of(IReadOnlyList<HealthCheck> checks) => new(
        checks.Any(static check => check.Status == Unhealthy) ? Unhealthy
        : checks.Any(static check => check.Status == Degraded) ? Degraded
        : Healthy,
        checks);
}

/// <summary>One part of a health answer.</summary>
/// <param name="Name">Name of the dependency or of the start-up part.</param>
/// <param name="Status"><c>healthy</c>, <c>degraded</c> or <c>unhealthy</c>.</param>
/// <param name="Detail">Why it is not healthy, or empty.</param>
public sealed record HealthCheck(string Name, string Status, string Detail);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(HealthBody))]
internal sealed partial class HealthJson : JsonSerializerContext;
