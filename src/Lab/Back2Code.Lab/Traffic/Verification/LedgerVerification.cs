namespace Back2Code.Lab.Traffic.Verification;

public sealed record VerificationOptions
{
    public required string LedgerPath { get; init; }

    /// <summary>Base address of the gateway.</summary>
    public required Uri Target { get; init; }

    public required IReadOnlyDictionary<string, string> Tokens { get; init; }

    /// <summary>How long a platform that has just recovered may take to show everything, deliver every event, and forget stale copies. Default 30 s.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>After everything was found once: how long to wait for what should not come, a second delivery. Default 1 s.</summary>
    public TimeSpan Settle { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Requests at a time. Default 4: the platform has just been ill, and the answer is not urgent.</summary>
    public int Concurrency { get; init; } = 4;
}

/// <summary>
/// Holds the platform to what it acknowledged. Every note is read back through the gateway, every user's list and inbox are walked, and what is not yet right
/// is asked again until it is, or until the deadline: delivery and caches are allowed to take time, not to be wrong in the end.
/// <list type="bullet">
/// <item><b>lost</b>: an acknowledged note is not found, or missing in its owner's list; an event of an acknowledged write is not in the inbox; or the platform did not answer (also <c>unreadable</c>).</item>
/// <item><b>stale</b>: a read shows an older version or other content than was acknowledged last, or a deleted note.</item>
/// <item><b>duplicated</b>: two notes for one idempotency key, two notifications for one event, or a version that more writes than were sent would have made.</item>
/// </list>
/// A write with unknown outcome (time-out, 5xx, broken connection) may have happened or not: both are right, happening twice is not.
/// </summary>
public sealed class LedgerVerification(VerificationOptions options, TimeProvider time)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    /// <exception cref="TrafficException">The ledger cannot be read, or has users without a token.</exception>
    public async Task<LedgerVerdict> RunAsync(CancellationToken cancellationToken)
    {
        long started = time.GetTimestamp();
        var state = ExpectedState.Load(options.LedgerPath);
        if (state.Users.Where(u => !options.Tokens.ContainsKey(u)).ToArray() is { Length: > 0 } strangers)
        {
            throw new TrafficException($"The ledger has users without a token: {string.Join(", ", strangers.Take(5))}. Give the tokens that the traffic ran with.");
        }

        using var gateway = new GatewayClient(options.Target, options.Concurrency, options.Timeout, time);
        var evidence = new Evidence(state, gateway, options);
        using (var deadline = new CancellationTokenSource(options.Deadline, time))
        using (var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken))
        {
            try
            {
                await GatherAsync(evidence, either.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // The deadline: what is still missing now is missing.
            }
        }

        return Judgement.Of(state, evidence, time.GetElapsedTime(started));
    }

    private async Task GatherAsync(Evidence evidence, CancellationToken cancellationToken)
    {
        var pause = FirstPause;
        await evidence.GatherMissingAsync(cancellationToken);
        while (!evidence.Complete)
        {
            await Task.Delay(pause, time, cancellationToken);
            pause = pause * 1.5 < LongestPause ? pause * 1.5 : LongestPause;
            await evidence.GatherMissingAsync(cancellationToken);
        }

        await Task.Delay(options.Settle, time, cancellationToken);
        await evidence.WalkAgainAsync(cancellationToken);
    }
}
