namespace Back2Code.Monitoring.Incidents;

/// <summary>Something that was done to the platform and may explain an incident: a deploy, or a fault that the lab reveals after the drill.</summary>
/// <param name="At">When it took effect.</param>
/// <param name="RecordedAt">When we were told.</param>
/// <param name="Kind">One of <see cref="Kinds"/>.</param>
/// <param name="Text">For people.</param>
/// <param name="Service">Which service it concerns, if one.</param>
/// <param name="Group">The incident group; null: all.</param>
/// <param name="By">Who told.</param>
internal sealed record PlatformEvent(DateTimeOffset At, DateTimeOffset RecordedAt, string Kind, string Text, string? Service, string? Group, string? By)
{
    public const string FaultInjected = "fault.injected";

    public static readonly string[] Kinds = ["deploy", FaultInjected, "fault.ended", "change"];

    /// <summary>It belongs to an incident when it lies within it or shortly before: what came after cannot have caused it.</summary>
    public bool Concerns(Incident incident, TimeSpan lookback) =>
        (Group is null || Group == incident.Group)
        && At >= incident.OpenedAt - lookback
        && (incident.ResolvedAt is not { } resolvedAt || At <= resolvedAt);

    /// <summary>The same thing told twice is one thing.</summary>
    public bool IsSameAs(TimelineEntry entry) => entry.At == At && entry.Kind == Kind && entry.Text == Text;
}
