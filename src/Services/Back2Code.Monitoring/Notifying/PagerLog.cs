using System.Buffers;
using System.Text.Json;
using Back2Code.Monitoring.Alerts;
using Back2Code.Monitoring.Incidents;

namespace Back2Code.Monitoring.Notifying;

/// <summary>
/// Writes what a pager would be sent: one JSON line for each message that calls somebody. That is the first one with a critical alert on an incident; what
/// follows has the same key and calls nobody again, unless the incident was over and begins anew. A call that was written just before a crash may stand there twice.
/// </summary>
internal sealed class PagerLog(JsonLinesFile file, Func<Guid, Incident?> find, TimeProvider time) : IChannel
{
    public const string Name = "pager-log";

    // Old incidents are not called for again; what is forgotten of many could at worst call once more.
    private const int MaximumKnown = 1_000;

    private readonly Dictionary<Guid, int> _called = [];

    public Subscription Subscription { get; } = new(Name, Severity.Critical, KeepsEverything: false);

    // As a webhook to a pager would be by default.
    public ChannelPace Pace { get; } = new(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30), TimeSpan.FromDays(1));

    public async Task DeliverAsync(IReadOnlyList<Notice> notices, CancellationToken cancellationToken)
    {
        List<AlertEpisode> begun = [.. notices.SelectMany(n => n.Alerts).Where(a => a is { Severity: Severity.Critical, IsActive: true })];
        if (begun.Count == 0 || notices[^1].Incident is not { } id)
        {
            return;
        }

        Incident? incident = find(id);
        int beginning = incident?.Timeline.Count(e => e.Kind == "incident.reopened") ?? 0;
        if (_called.TryGetValue(id, out int known) && known == beginning)
        {
            return;
        }

        await file.AppendAsync(Line(notices[^1], incident, begun), cancellationToken);
        if (_called.Count >= MaximumKnown)
        {
            _called.Clear();
        }

        _called[id] = beginning;
    }

    private ReadOnlyMemory<byte> Line(Notice notice, Incident? incident, List<AlertEpisode> begun)
    {
        var line = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(line))
        {
            json.WriteStartObject();
            json.WriteString("id", notice.Id);
            json.WriteString("at", time.GetUtcNow());
            json.WriteString("dedupKey", notice.Incident!.Value);
            json.WriteString("title", incident?.Title ?? begun[0].Summary);
            json.WriteStartArray("alerts");
            foreach (string name in begun.Select(a => a.Name).Distinct(StringComparer.Ordinal))
            {
                json.WriteStringValue(name);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        line.Write("\n"u8);
        return line.WrittenMemory;
    }
}
