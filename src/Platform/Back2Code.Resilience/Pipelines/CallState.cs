using Polly;

namespace Back2Code.Resilience;

/// <summary>What the strategies of one call must know and Polly does not carry.</summary>
internal sealed class CallState(bool idempotent, long startedAt, CancellationToken callerToken)
{
    public static readonly ResiliencePropertyKey<CallState> Key = new("Back2Code.Resilience.CallState");

    /// <summary>The caller's own token: only its cancellation is the caller's, every other one is a time-out of ours.</summary>
    public CancellationToken CallerToken => callerToken;

    public bool Idempotent => idempotent;

    /// <summary>Timestamp of the <see cref="TimeProvider"/> at which the total budget began.</summary>
    public long StartedAt => startedAt;

    /// <summary>The wait chosen for the next retry.</summary>
    public TimeSpan RetryDelay { get; set; }

    /// <summary>Attempts whose time was over before they ended; completed when all of them have.</summary>
    public Task LeftBehind { get; private set; } = Task.CompletedTask;

    public void LeaveBehind(Task attempt) => LeftBehind = LeftBehind.IsCompleted ? attempt : Task.WhenAll(LeftBehind, attempt);
}
