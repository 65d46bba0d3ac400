using System.Text.Json.Serialization;

namespace Back2Code.Observability;

/// <summary>Body of <c>/slo</c>: what this process, alone, did for the last requests it served. Without requests, everything but the counts is null: no evidence is not success.</summary>
/// <param name="Window">How many requests the window holds at most.</param>
/// <param name="Requests">How many it holds.</param>
/// <param name="Availability">Share answered without a server error, 0 to 1.</param>
/// <param name="ErrorRate">Share answered with a server error (5xx), 0 to 1.</param>
/// <param name="P50Ms">Half of the requests took at most so many milliseconds.</param>
/// <param name="P95Ms">95 % took at most so many.</param>
/// <param name="P99Ms">99 % took at most so many.</param>
public sealed record SliSnapshot(int Window, int Requests, double? Availability, double? ErrorRate, double? P50Ms, double? P95Ms, double? P99Ms)
{
    internal static SliSnapshot Of(int window, int failures, ReadOnlySpan<long> sortedTicks)
    {
        int requests = sortedTicks.Length;
        return requests == 0
            ? new SliSnapshot(window, 0, null, null, null, null, null)
            : new SliSnapshot(
                window,
                requests,
                (requests - failures) / (double)requests,
                failures / (double)requests,
                Percentile(sortedTicks, 50),
                Percentile(sortedTicks, 95),
                Percentile(sortedTicks, 99));
    }

    /// <summary>Nearest rank: the smallest duration that at least so many per cent do not exceed. It is one that a request really took.</summary>
    private static double Percentile(ReadOnlySpan<long> sortedTicks, int percent)
    {
        // Rounded up in whole numbers: 0.95 is no binary fraction, and 20 * 0.95 would be a little more than 19.
        int rank = ((sortedTicks.Length * percent) + 99) / 100;
        return sortedTicks[rank - 1] / (double)TimeSpan.TicksPerMillisecond;
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(SliSnapshot))]
internal sealed partial class SliJson : JsonSerializerContext;
