using System.Collections.Immutable;
using Back2Code.Monitoring.Alerts;

namespace Back2Code.Monitoring.Incidents;

// What is absent is null: without a default, the framework would demand it.

/// <summary>A step of an incident: when it was truly taken (now unless told) and a word about it.</summary>
public sealed record StepRequest(DateTimeOffset? At = null, string? Text = null);

/// <summary>An incident opened by hand.</summary>
public sealed record OpenIncidentRequest(string? Title = null, string? Severity = null, DateTimeOffset? At = null, DateTimeOffset? StartedAt = null, IReadOnlyList<string>? Services = null, string? Text = null);

/// <summary>What is absent stays as it is.</summary>
public sealed record EditIncidentRequest(string? Title = null, string? Severity = null, string? Commander = null, DateTimeOffset? StartedAt = null, IReadOnlyList<string>? Services = null);

/// <summary>A new action item.</summary>
public sealed record ActionRequest(string? Title = null, string? Type = null, string? Owner = null, string? Reference = null);

/// <summary>What is absent stays as it is.</summary>
public sealed record EditActionRequest(string? Title = null, string? Type = null, string? Owner = null, string? Reference = null, bool? Done = null);

/// <summary>Something that was done to the platform.</summary>
public sealed record EventRequest(string? Kind = null, string? Text = null, DateTimeOffset? At = null, string? Service = null, string? Group = null);

/// <summary>What requests may hold. Every method returns what is wrong, or null.</summary>
internal static class IncidentRequests
{
    private const int MaximumText = 8_000;
    private const int MaximumName = 200;
    private const int MaximumServices = 50;

    // A person's watch and ours may differ a little; more is a slip of the pen.
    private static readonly TimeSpan MaximumAhead = TimeSpan.FromMinutes(1);

    public static string? Text(string name, string? text, bool required = false, int maximum = MaximumText) => text switch
    {
        _ when string.IsNullOrWhiteSpace(text) => required ? $"{name} is missing." : null,
        { Length: var length } when length > maximum => $"{name} has {length} characters; at most {maximum} are allowed.",
        _ when text.Any(c => char.IsControl(c) && c is not ('\n' or '\r' or '\t')) => $"{name} holds a control character.",
        _ when HasLoneSurrogate(text) => $"{name} holds half a character.",
        _ => null,
    };

    public static string? Name(string name, string? text, bool required = false) =>
        Text(name, text, required, MaximumName) ?? (text?.AsSpan().IndexOfAny('\n', '\r') >= 0 ? $"{name} is one line." : null);

    public static string? Time(string name, DateTimeOffset? at, DateTimeOffset now) => at switch
    {
        { Year: < 2000 } => $"{name} is {at:O}; that was before the year 2000.",
        { } time when time > now + MaximumAhead => $"{name} is {time.ToUniversalTime():O}, in the future; here it is {now:O}.",
        _ => null,
    };

    public static string? SeverityName(string? text) =>
        text is null || IncidentChanges.TryParse(text, out Severity _) ? null : $"severity is '{NotificationReader.Cut(text, 20)}'; allowed: info, warning, error, critical.";

    public static string? ActionType(string? text, bool required) => text is null
        ? required ? $"type is missing; allowed: {string.Join(", ", ActionItem.Types)}." : null
        : ActionItem.Types.Contains(text) ? null : $"type is '{NotificationReader.Cut(text, 20)}'; allowed: {string.Join(", ", ActionItem.Types)}.";

    public static string? EventKind(string? text) => text is not null && PlatformEvent.Kinds.Contains(text)
        ? null
        : $"kind is '{NotificationReader.Cut(text, 20)}'; allowed: {string.Join(", ", PlatformEvent.Kinds)}.";

    public static string? Services(IReadOnlyList<string>? services) => services switch
    {
        null => null,
        { Count: > MaximumServices } => $"services holds {services.Count} names; at most {MaximumServices} are allowed.",
        _ => services.Select(s => Name("services", s, required: true)).FirstOrDefault(e => e is not null),
    };

    public static ImmutableArray<string>? ListOf(IReadOnlyList<string>? services) =>
        services is null ? null : [.. services.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>The time that was told, which is never after now: what is recorded has happened.</summary>
    public static DateTimeOffset TimeOr(DateTimeOffset? at, DateTimeOffset now) =>
        at is { } told && told < now ? Times.ToMicroseconds(told) : now;

    private static bool HasLoneSurrogate(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                i++;
            }
            else if (char.IsSurrogate(text[i]))
            {
                return true;
            }
        }

        return false;
    }
}
