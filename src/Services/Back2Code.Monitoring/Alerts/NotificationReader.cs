namespace Back2Code.Monitoring.Alerts;

/// <summary>Turns what came over the network into alerts of bounded size, or says what is wrong with it.</summary>
internal static class NotificationReader
{
    // Larger than anything a sane rule produces; small enough that 10,000 alerts of the largest size still fit the memory of a service.
    private const int MaximumAlerts = 10_000;
    private const int MaximumPairs = 64;
    private const int MaximumNameLength = 128;
    private const int MaximumValueLength = 1024;

    // PostgreSQL's indexes on these two take rows of at most 2,704 bytes; a character of UTF-16 is at most three.
    private const int MaximumIndexedLength = 256;

    /// <returns>The alerts, or the reason why the body is refused.</returns>
    public static (IReadOnlyList<Alert> Alerts, string? Refusal) Read(AlertmanagerNotification? body, DateTimeOffset receivedAt)
    {
        if (body is null)
        {
            return Refuse("The body must be a JSON object.");
        }

        if (body.Version != "4")
        {
            return Refuse($"version is '{Cut(body.Version, 20)}'; this service reads version 4 of Alertmanager's webhook.");
        }

        if (body.Alerts is null || body.Alerts.Count > MaximumAlerts)
        {
            return Refuse($"alerts must be a list of at most {MaximumAlerts} alerts.");
        }

        var alerts = new List<Alert>(body.Alerts.Count);
        for (int i = 0; i < body.Alerts.Count; i++)
        {
            (Alert? alert, string? reason) = ReadOne(body.Alerts[i], receivedAt);
            if (alert is null)
            {
                return Refuse($"alerts[{i}]: {reason}");
            }

            alerts.Add(alert);
        }

        return (alerts, null);
    }

    private static (Alert? Alert, string? Reason) ReadOne(AlertmanagerAlert? alert, DateTimeOffset receivedAt)
    {
        if (alert is null)
        {
            return (null, "must be an object.");
        }

        bool resolved = alert.Status == "resolved";
        if (!resolved && alert.Status != "firing")
        {
            return (null, $"status is '{Cut(alert.Status, 20)}'; allowed: firing, resolved.");
        }

        if (string.IsNullOrEmpty(alert.Fingerprint) || alert.Fingerprint.Length > 64 || !alert.Fingerprint.All(char.IsAsciiLetterOrDigit))
        {
            return (null, "fingerprint must be 1 to 64 letters and digits.");
        }

        if (alert.StartsAt is not { } startsAt || startsAt.Year < 2000)
        {
            return (null, "startsAt must be a time after the year 2000.");
        }

        Dictionary<string, string> labels = Pairs(alert.Labels);
        if (!labels.TryGetValue("alertname", out string? name) || name.Length == 0)
        {
            return (null, "labels must hold alertname.");
        }

        // A sender's clock may be ahead of ours; nothing that we were told has happened after we were told.
        DateTimeOffset claimedStart = Times.ToMicroseconds(startsAt);
        startsAt = Earlier(startsAt, receivedAt);
        DateTimeOffset? endsAt = resolved ? Earlier(alert.EndsAt ?? receivedAt, receivedAt) : null;
        return (
            new Alert
            {
                Fingerprint = alert.Fingerprint,
                Name = name,
                Severity = SeverityOf(labels),
                StartsAt = startsAt,
                ClaimedStart = claimedStart,
                EndsAt = endsAt < startsAt ? startsAt : endsAt,
                Labels = labels,
                Annotations = Pairs(alert.Annotations),
            },
            null);
    }

    private static Severity SeverityOf(Dictionary<string, string> labels) => labels.GetValueOrDefault("severity") switch
    {
        "critical" or "page" => Severity.Critical,
        "error" => Severity.Error,
        "info" => Severity.Info,
        // Unlabelled is not unimportant.
        _ => Severity.Warning,
    };

    private static Dictionary<string, string> Pairs(Dictionary<string, string?>? pairs)
    {
        var result = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach ((string key, string? value) in (pairs ?? []).OrderBy(p => p.Key != "alertname").ThenBy(p => p.Key, StringComparer.Ordinal).Take(MaximumPairs))
        {
            result[Cut(key, MaximumNameLength)] = Cut(value, key is "alertname" or "service" ? MaximumIndexedLength : MaximumValueLength);
        }

        return result;
    }

    /// <summary>
    /// At most <paramref name="length"/> characters, and a space for each that controls: PostgreSQL's text holds no zero, and titles are shown in terminals,
    /// which obey the others.
    /// </summary>
    internal static string Cut(string? text, int length)
    {
        text ??= "";
        if (text.Length > length)
        {
            // Not through the middle of a surrogate pair: half a character is no valid text.
            text = text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];
        }

        return text.Any(Controls) ? string.Concat(text.Select(c => Controls(c) ? ' ' : c)) : text;
    }

    private static bool Controls(char c) => char.IsControl(c) && c is not ('\n' or '\t');

    private static DateTimeOffset Earlier(DateTimeOffset a, DateTimeOffset b) => Times.ToMicroseconds(a < b ? a : b);

    private static (IReadOnlyList<Alert> Alerts, string? Refusal) Refuse(string reason) => ([], reason);
}
