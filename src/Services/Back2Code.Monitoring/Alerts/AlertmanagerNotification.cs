namespace Back2Code.Monitoring.Alerts;

/// <summary>The body of Alertmanager's webhook, version 4, as far as it is read here. Everything is optional until <see cref="NotificationReader"/> has looked.</summary>
internal sealed record AlertmanagerNotification(string? Version, IReadOnlyList<AlertmanagerAlert?>? Alerts);

internal sealed record AlertmanagerAlert(
    string? Status,
    string? Fingerprint,
    DateTimeOffset? StartsAt,
    DateTimeOffset? EndsAt,
    Dictionary<string, string?>? Labels,
    Dictionary<string, string?>? Annotations);
