using System.Text.Json;

namespace Back2Code.Messaging;

/// <summary>A CloudEvents 1.0 event with JSON data. <paramref name="Source"/> and <paramref name="Id"/> together identify it for ever.</summary>
/// <param name="Id">Unique within the source, not empty.</param>
/// <param name="Source">URI reference of the publisher, for example <c>/services/notes</c>.</param>
/// <param name="Type">What happened, for example <c>note.created</c>; also the routing key.</param>
/// <param name="Subject">What it happened to, for example the note's id; may be empty.</param>
/// <param name="Time">When it happened.</param>
/// <param name="Data">The event's payload.</param>
public sealed record CloudEvent(string Id, string Source, string Type, string Subject, DateTimeOffset Time, JsonElement Data)
{
    /// <summary>W3C trace context of the cause, as in the CloudEvents distributed tracing extension; null when there is none.</summary>
    public string? TraceParent { get; init; }
}
