using System.Text.Json;
using Back2Code.Lab.Traffic;
using Back2Code.Lab.Traffic.Verification;

namespace Back2Code.Lab.Drills;

/// <summary>Reads the lines that the traffic generator prints.</summary>
internal static class TrafficLines
{
    /// <returns>A <see cref="TrafficReady"/>, <see cref="TrafficSecond"/>, <see cref="TrafficSummary"/> or <see cref="VerificationProgress"/>; null for a line of another kind.</returns>
    public static object? Parse(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("event", out var kind))
            {
                return null;
            }

            return kind.GetString() switch
            {
                "ready" => document.RootElement.Deserialize(TrafficJson.Default.TrafficReady),
                "second" => document.RootElement.Deserialize(TrafficJson.Default.TrafficSecond),
                "progress" => document.RootElement.Deserialize(TrafficJson.Default.VerificationProgress),
                "summary" => document.RootElement.Deserialize(TrafficJson.Default.TrafficSummary),
                _ => null,
            };
        }
        catch (JsonException)
        {
            // Not one of ours: a warning of the runtime, for example.
            return null;
        }
    }

    /// <summary>The verdict on the ledger, whether printed on one line or indented; null when there is none.</summary>
    public static LedgerVerdict? ParseVerdict(string text)
    {
        try
        {
            var start = text.IndexOf('{', StringComparison.Ordinal);
            return start < 0 ? null : JsonSerializer.Deserialize(text[start..], TrafficJson.Default.LedgerVerdict);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
