using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Back2Code.Monitoring.Alerts;

namespace Back2Code.Monitoring.Watchdog;

/// <summary>Asks Alertmanager which alerts it holds (API v2).</summary>
internal sealed class AlertmanagerReader(HttpClient http, Uri address)
{
    /// <summary>Every alert that has not ended for Alertmanager, the muted ones too.</summary>
    /// <exception cref="HttpRequestException">It does not answer.</exception>
    /// <exception cref="JsonException">It answers something else.</exception>
    public async Task<IReadOnlyList<HeldAlert>> ListAsync(CancellationToken cancellationToken)
    {
        var uri = new Uri(address, "/api/v2/alerts?active=true&silenced=true&inhibited=true&unprocessed=true");
        await using Stream body = await http.GetStreamAsync(uri, cancellationToken);
        List<HeldAlert?> alerts = await JsonSerializer.DeserializeAsync(body, AlertmanagerJson.Default.ListHeldAlert, cancellationToken) ?? [];
        return [.. alerts.OfType<HeldAlert>()];
    }
}

/// <summary>An alert as Alertmanager's API tells it.</summary>
internal sealed record HeldAlert(
    string? Fingerprint, HeldStatus? Status, DateTimeOffset? StartsAt, Dictionary<string, string?>? Labels, Dictionary<string, string?>? Annotations)
{
    public bool IsWatchdog => Labels?.GetValueOrDefault("alertname") == DeadMansSwitch.WatchdogAlert;

    /// <summary>Silenced or inhibited: Alertmanager tells nobody of it, on purpose.</summary>
    public bool IsMuted => Status?.State != "active";

    /// <summary>As it would have been in a notification, from the given moment on.</summary>
    public Alert? AsAlert(DateTimeOffset since)
    {
        var notification = new AlertmanagerNotification("4", [new AlertmanagerAlert("firing", Fingerprint, since, null, Labels, Annotations)]);
        return NotificationReader.Read(notification, since).Alerts is [var alert] ? alert : null;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Fingerprint} {Status?.State}");
}

internal sealed record HeldStatus(string? State);

[JsonSerializable(typeof(List<HeldAlert?>))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class AlertmanagerJson : JsonSerializerContext;
