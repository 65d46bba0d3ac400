using System.Net.Http.Json;
using System.Text.Json;

namespace Back2Code.Lab.Campaigns;

/// <summary>The alert rules that Prometheus has loaded: also those that no drill asks for have a line in the scorecard.</summary>
internal static class AlertRules
{
    // It always fires: that alerts work is what it says.
    private const string Watchdog = "Watchdog";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <exception cref="HttpRequestException">Prometheus does not answer.</exception>
    public static async Task<IReadOnlyList<string>> ListAsync(string prometheus, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = new Uri(prometheus), Timeout = Patience };
        var answer = await http.GetFromJsonAsync<JsonElement>(new Uri("/api/v1/rules?type=alert", UriKind.Relative), cancellationToken);
        return
        [
            .. answer.GetProperty("data").GetProperty("groups").EnumerateArray()
                .SelectMany(group => group.GetProperty("rules").EnumerateArray())
                .Select(rule => rule.GetProperty("name").GetString()!)
                .Where(name => name != Watchdog)
                .Distinct()
                .Order(StringComparer.Ordinal),
        ];
    }
}
