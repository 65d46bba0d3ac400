using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Back2Code.Lab.Drills;

/// <summary>Asks monitoring which alerts it has been told of. Directly, not through the gateway: the gateway may be what the drill breaks.</summary>
internal sealed class IncidentReader(HttpClient http, string baseUrl, string token)
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web);

    // Newest first; a drill opens a handful.
    private const int PageSize = 50;

    public async Task<IReadOnlyList<DrillAlert>> ListAsync(DateTimeOffset since, CancellationToken cancellationToken) => Flatten(await ReadAsync(cancellationToken), since);

    /// <summary>The answer as it came.</summary>
    public async Task<JsonElement> ReadAsync(CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"{baseUrl}/v1/incidents?limit={PageSize}"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var response = await http.SendAsync(request, cancellationToken);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<JsonElement>(Options, cancellationToken);
    }

    /// <summary>Of an answer, the incidents whole that hold an alert of the time in question: what was before need not be kept.</summary>
    internal static JsonElement Concerning(JsonElement page, DateTimeOffset since) => JsonSerializer.SerializeToElement(new
    {
        items = (page.TryGetProperty("items", out var items) ? items : throw new JsonException("monitoring answered no page of incidents")).EnumerateArray().Where(incident => incident.Deserialize<Incident>(Options)!.Alerts.Any(alert => alert.StartsAt >= since)),
    });

    /// <exception cref="JsonException">It is no page of incidents.</exception>
    internal static IReadOnlyList<DrillAlert> Flatten(JsonElement page, DateTimeOffset since) => Flatten(page.Deserialize<Page>(Options), since);

    internal static IReadOnlyList<DrillAlert> Flatten(Page? page, DateTimeOffset since) =>
    [
        .. (page?.Items ?? []).SelectMany(incident => incident.Alerts.Where(alert => alert.StartsAt >= since).Select(alert => new DrillAlert
        {
            Name = alert.Name,
            Labels = alert.Labels ?? new Dictionary<string, string>(),
            FiredAt = alert.StartsAt,

            // Alertmanager writes year 1 while an alert fires.
            ResolvedAt = alert.EndsAt is { Year: > 1 } end ? end : null,
            ReceivedAt = alert.ReceivedAt,
            ResolvedReceivedAt = alert.ResolvedReceivedAt,
            Incident = incident.Title,
            IncidentId = incident.Id,
        })),
    ];

    internal sealed record Page(IReadOnlyList<Incident> Items);

    internal sealed record Incident(string Id, string Title, IReadOnlyList<Alert> Alerts);

    internal sealed record Alert(
        string Name, DateTimeOffset StartsAt, DateTimeOffset? EndsAt, DateTimeOffset? ReceivedAt, DateTimeOffset? ResolvedReceivedAt, Dictionary<string, string>? Labels);
}
