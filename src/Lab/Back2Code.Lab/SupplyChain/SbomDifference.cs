using System.Text.Json;

namespace Back2Code.Lab.SupplyChain;

/// <summary>What one bill of materials has that another has not: the review of a change of dependencies.</summary>
public static class SbomDifference
{
    /// <returns>A line for each component that came, went or has another hash; empty when nothing did.</returns>
    /// <exception cref="JsonException">One of them is not JSON.</exception>
    /// <exception cref="KeyNotFoundException">One of them is not a bill of materials with components.</exception>
    public static IReadOnlyList<string> Between(string before, string after)
    {
        var (old, now) = (Read(before), Read(after));
        return
        [
            .. now.Keys.Except(old.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(reference => $"+ {reference}"),
            .. old.Keys.Except(now.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(reference => $"- {reference}"),
            .. now.Keys.Where(reference => old.TryGetValue(reference, out string? hash) && hash != now[reference]).Order(StringComparer.Ordinal).Select(reference => $"! {reference} has another hash"),
        ];
    }

    private static Dictionary<string, string> Read(string bom)
    {
        using var document = JsonDocument.Parse(bom);
        return document.RootElement.GetProperty("components").EnumerateArray().ToDictionary(
            component => component.GetProperty("bom-ref").GetString()!,
            component => component.TryGetProperty("hashes", out var hashes) ? hashes.GetRawText() : "",
            StringComparer.Ordinal);
    }
}
