using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Back2Code.Monitoring.Alerts;
using Back2Code.Monitoring.Incidents;

namespace Back2Code.Monitoring.Notifying;

/// <summary>
/// Posts news as JSON, signed so that the receiver knows who sent it and when: docs/alerting.md says how to verify it. Anything but 2xx is tried again.
/// </summary>
internal sealed class WebhookChannel(string name, WebhookOptions options, Func<Guid, Incident?> find, HttpClient http, TimeProvider time) : IChannel
{
    public const string SignatureHeader = "Back2Code-Signature";
    public const string DeliveryHeader = "Back2Code-Delivery";

    private const int MinimumKeyLength = 16;
    private const int MaximumListed = 200;

    public Subscription Subscription { get; } = new(
        name, IncidentChanges.TryParse(options.MinimumSeverity, out Severity from) ? from : Severity.Warning, KeepsEverything: false);

    public ChannelPace Pace { get; } = new(options.GatherFor, options.Timeout, options.GiveUpAfter);

    public async Task DeliverAsync(IReadOnlyList<Notice> notices, CancellationToken cancellationToken)
    {
        string key = (await File.ReadAllTextAsync(options.SecretFile, cancellationToken)).Trim();
        if (key.Length < MinimumKeyLength)
        {
            throw new InvalidOperationException($"The key of {name} has fewer than {MinimumKeyLength} characters.");
        }

        Notice news = notices.Aggregate((older, newer) => Notice.Merge(older, newer, int.MaxValue));
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(WebhookBody.Of(news, news.Incident is { } id ? find(id) : null, MaximumListed), WebhookJson.Default.WebhookBody);
        using var request = new HttpRequestMessage(HttpMethod.Post, options.Url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add(DeliveryHeader, news.Id.ToString());
        request.Headers.Add(SignatureHeader, Sign(key, time.GetUtcNow(), body));
        using HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            throw new HttpRequestException($"{name} answered {(int)response.StatusCode}.");
        }
    }

    /// <summary><c>t=&lt;Unix seconds&gt;,v1=&lt;hex of HMAC-SHA256 over "t.body"&gt;</c>: the time is under the signature, so that an old message cannot be sent again as new.</summary>
    public static string Sign(string key, DateTimeOffset at, ReadOnlySpan<byte> body)
    {
        string seconds = at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(key));
        hmac.AppendData(Encoding.UTF8.GetBytes(seconds + "."));
        hmac.AppendData(body);
        return $"t={seconds},v1={Convert.ToHexStringLower(hmac.GetHashAndReset())}";
    }
}

/// <summary>What a receiver gets. Fields are added, never renamed or removed within a version.</summary>
internal sealed record WebhookBody(
    string Version,
    Guid Id,
    string? DedupKey,
    string Severity,
    string Text,
    WebhookIncident? Incident,
    IReadOnlyList<IncidentAlertView> Firing,
    IReadOnlyList<IncidentAlertView> Resolved,
    int Omitted)
{
    public static WebhookBody Of(Notice news, Incident? incident, int maximum)
    {
        var listed = news.Alerts.Take(maximum).ToList();
        return new WebhookBody(
            "1",
            news.Id,
            news.Incident?.ToString(),
            IncidentChanges.Text(news.Severity),
            news.Text,
            incident is null ? null : new WebhookIncident(
                incident.Id, incident.Title, IncidentChanges.Text(incident.Severity), IncidentChanges.Text(incident.State),
                incident.OpenedAt, incident.ResolvedAt, incident.Commander, [.. incident.Services]),
            [.. listed.Where(a => a.IsActive).Select(IncidentAlertView.From)],
            [.. listed.Where(a => !a.IsActive).Select(IncidentAlertView.From)],
            news.Omitted + Math.Max(0, news.Alerts.Count - maximum));
    }
}

internal sealed record WebhookIncident(
    Guid Id, string Title, string Severity, string State, DateTimeOffset OpenedAt, DateTimeOffset? ResolvedAt, string? Commander, IReadOnlyList<string> Services);

[JsonSerializable(typeof(WebhookBody))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class WebhookJson : JsonSerializerContext;
