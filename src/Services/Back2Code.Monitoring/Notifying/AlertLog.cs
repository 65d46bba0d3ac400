using System.Buffers;
using System.Text.Json;
using Back2Code.Monitoring.Incidents;

namespace Back2Code.Monitoring.Notifying;

/// <summary>
/// The append-only log: one JSON line for each alert that begins or ends. A line may stand there twice after a crash; its id is then the same.
/// </summary>
internal sealed class AlertLog(JsonLinesFile file) : IChannel
{
    public const string Name = "log";

    public Subscription Subscription { get; } = new(Name, Alerts.Severity.Info, KeepsEverything: true);

    public ChannelPace Pace { get; } = new(TimeSpan.Zero, TimeSpan.FromSeconds(30), null);

    public async Task DeliverAsync(IReadOnlyList<Notice> notices, CancellationToken cancellationToken)
    {
        var lines = new ArrayBufferWriter<byte>();
        foreach (Notice notice in notices)
        {
            for (int i = 0; i < notice.Alerts.Count; i++)
            {
                Write(lines, notice, notice.Alerts[i], i);
            }
        }

        await file.AppendAsync(lines.WrittenMemory, cancellationToken);
    }

    private static void Write(ArrayBufferWriter<byte> lines, Notice notice, AlertEpisode alert, int position)
    {
        using (var json = new Utf8JsonWriter(lines))
        {
            json.WriteStartObject();
            json.WriteString("id", $"{notice.Id:N}-{position}");
            json.WriteString("recordedAt", alert.ResolvedReceivedAt ?? alert.ReceivedAt);
            json.WriteString("event", alert.IsActive ? "firing" : "resolved");
            json.WriteString("name", alert.Name);
            json.WriteString("severity", IncidentChanges.Text(alert.Severity));
            json.WriteString("fingerprint", alert.Fingerprint);
            json.WriteString("startsAt", alert.StartsAt);
            if (alert.EndsAt is { } endsAt)
            {
                json.WriteString("endsAt", endsAt);
            }

            if (notice.Incident is { } incident)
            {
                json.WriteString("incident", incident);
            }

            WritePairs(json, "labels", alert.Labels);
            WritePairs(json, "annotations", alert.Annotations);
            json.WriteEndObject();
        }

        lines.Write("\n"u8);
    }

    private static void WritePairs(Utf8JsonWriter json, string name, IReadOnlyDictionary<string, string> pairs)
    {
        json.WriteStartObject(name);
        foreach ((string key, string value) in pairs.OrderBy(p => p.Key, StringComparer.Ordinal))
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
    }
}
