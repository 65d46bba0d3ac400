using Back2Code.Chaos.Experiments.Documents;

namespace Back2Code.Chaos.Experiments.Notifications;

/// <summary>A channel of type <c>http</c> in the list <c>notifications</c> of the settings.</summary>
public sealed record NotificationChannel
{
    public required Uri Url { get; init; }

    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>Names of events; empty: all.</summary>
    public IReadOnlyList<string> Events { get; init; } = [];

    public bool VerifyTls { get; init; } = true;

    /// <summary>False: the address is only called, and told nothing.</summary>
    public bool ForwardsPayload { get; init; } = true;

    /// <summary>Where it is, without what a path or a query may hold of secrets.</summary>
    public string Place => $"{Url.Scheme}://{Url.Authority}";

    /// <summary>Channels of other types are plugins, that is Python modules: each is named and left out.</summary>
    internal static IReadOnlyList<NotificationChannel> ReadAll(MappingNode settings, DocumentReport report, List<string> warnings)
    {
        if (settings.Find("notifications") is not { Value: not ScalarNode { Value: ScalarValue.Null } } entry || report.AsList(entry.Value, "'notifications'") is not { } list)
        {
            return [];
        }

        var channels = new List<NotificationChannel>();
        foreach (var item in list.Items)
        {
            if (report.AsMap(item, "a notification channel") is not { } map)
            {
                continue;
            }

            switch (report.RequiredText(map, "type", "a notification channel"))
            {
                case null:
                    break;
                case "http":
                    if (ReadHttp(map, report) is { } channel)
                    {
                        channels.Add(channel);
                    }

                    break;
                case var type:
                    warnings.Add($"the notification channel '{map.Find("module")?.Value.ToJson()?.ToString() ?? map.Find("name")?.Value.ToJson()?.ToString() ?? type}' is skipped: {type} channels are Python modules");
                    break;
            }
        }

        return channels;
    }

    private static NotificationChannel? ReadHttp(MappingNode map, DocumentReport report)
    {
        const string What = "the http notification channel";
        if (report.RequiredText(map, "url", What) is not { } text)
        {
            return null;
        }

        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
        {
            // The address may hold a token, so it is not repeated.
            report.Add(map.Find("url")!.Value, $"'url' of {What} is not an http or https address");
            return null;
        }

        var headers = map.Find("headers") is { } written ? report.AsMap(written.Value, $"'headers' of {What}") : null;
        var events = map.Find("events") is { } chosen ? report.AsList(chosen.Value, $"'events' of {What}") : null;
        return new NotificationChannel
        {
            Url = url,
            Headers = headers?.Entries.GroupBy(static h => h.Key).ToDictionary(static g => g.Key, static g => g.Last().Value.ToJson()?.ToString() ?? "") ?? [],
            Events = events is null ? [] : [.. events.Items.Select(e => report.NonEmptyText(e, "an event")).OfType<string>()],
            VerifyTls = report.OptionalFlag(map, "verify_tls", true, What),
            ForwardsPayload = report.OptionalFlag(map, "forward_event_payload", true, What),
        };
    }
}
