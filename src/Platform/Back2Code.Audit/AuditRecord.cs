using System.Diagnostics;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Back2Code.Audit;

/// <summary>
/// One thing that somebody did or was refused. It says who, what, on what and how it ended, and holds no text of users, no request or
/// response body and no secret: it is kept for ever and many may read it.
/// </summary>
public sealed partial record AuditRecord
{
    /// <summary>Longest <see cref="Action"/>, in characters.</summary>
    public const int LongestAction = 100;

    /// <summary>Longest <see cref="Target"/> and <see cref="Reason"/>, in characters.</summary>
    public const int LongestText = 300;

    /// <summary>Longest <see cref="AuditActor.Subject"/>, <see cref="AuditActor.Client"/> and <see cref="AuditActor.Address"/>, in characters.</summary>
    public const int LongestName = 255;

    /// <summary>Unique; UUID version 7 of the time. The event that carries the record has the same id, so a record counts once.</summary>
    public required Guid Id { get; init; }

    /// <summary>When it happened, in UTC and whole microseconds: what PostgreSQL stores is what was hashed.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Who.</summary>
    public required AuditActor Actor { get; init; }

    /// <summary>What: lower-case words with dots, for example <c>note.created</c>, <c>auth.denied</c>, <c>user.role-changed</c>.</summary>
    public required string Action { get; init; }

    /// <summary>On what, for example <c>notes/0197…</c>; empty when on nothing in particular.</summary>
    public string Target { get; init; } = "";

    /// <summary>How it ended.</summary>
    public AuditOutcome Outcome { get; init; } = AuditOutcome.Succeeded;

    /// <summary>Why, in words of the service's own; null when there is nothing to explain.</summary>
    public string? Reason { get; init; }

    /// <summary>W3C trace id of the request, 32 hex digits; null outside of one.</summary>
    public string? TraceId { get; init; }

    /// <summary>How many alike this stands for: above 1 only for denials that were gathered. Default 1.</summary>
    public int Count { get; init; } = 1;

    /// <summary>A record of now, with the trace of the current activity.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="actor">Who.</param>
    /// <param name="action">What; see <see cref="Action"/>.</param>
    /// <param name="target">On what; see <see cref="Target"/>.</param>
    /// <exception cref="ArgumentException">A value breaks a limit.</exception>
    public static AuditRecord Create(TimeProvider time, AuditActor actor, string action, string target)
    {
        ArgumentNullException.ThrowIfNull(time);
        DateTimeOffset now = time.GetUtcNow();
        var record = new AuditRecord
        {
            Id = Guid.CreateVersion7(now),
            Time = new DateTimeOffset(now.Ticks - (now.Ticks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero),
            Actor = actor,
            Action = action,
            Target = target,
            TraceId = Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity ? activity.TraceId.ToString() : null,
        };
        return record.Problem is { } problem ? throw new ArgumentException(problem) : record;
    }

    /// <summary>The first limit that the record breaks, in words; null when it keeps them all.</summary>
    [JsonIgnore]
    public string? Problem =>
        Actor is null ? "the actor is missing"
        : Action is not { Length: > 0 and <= LongestAction } || !ActionPattern().IsMatch(Action) ? "the action must be lower-case words with dots, at most 100 characters"
        : !AuditText.Fits(Target, LongestText) || Target is null ? "the target must be text of at most 300 characters without control characters"
        : !AuditText.Fits(Reason, LongestText) ? "the reason must be text of at most 300 characters without control characters"
        : !AuditText.Fits(Actor.Subject, LongestName) || !AuditText.Fits(Actor.Client, LongestName) || !AuditText.Fits(Actor.Address, LongestName) ? "subject, client and address must be text of at most 255 characters without control characters"
        : TraceId is not null && !TracePattern().IsMatch(TraceId) ? "the trace id must be 32 hex digits"
        : Count < 1 ? "the count must be at least 1"
        : !Enum.IsDefined(Outcome) ? "the outcome is not known"
        : null;

    [GeneratedRegex(@"\A[a-z][a-z0-9-]*(\.[a-z0-9-]+)+\z")]
    private static partial Regex ActionPattern();

    [GeneratedRegex(@"\A[0-9a-f]{32}\z")]
    private static partial Regex TracePattern();
}
