namespace Back2Code.Lab.Traffic.Verification;

public sealed record VerificationOptions
{
    public required string LedgerPath { get; init; }

    /// <summary>Where to keep what was seen, so that the verdict can be given again without the platform; null for nowhere.</summary>
    public string? ReadBackPath { get; init; }

    /// <summary>Base address of the gateway.</summary>
    public required Uri Target { get; init; }

    public required IReadOnlyDictionary<string, string> Tokens { get; init; }

    /// <summary>
    /// How long a platform that has just recovered may take to show everything, deliver every event, and forget stale copies. Counted from when
    /// everything has been asked for once, which may take as long and <see cref="PerWrite"/> more for each write. Default 30 s.
    /// </summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Default 10 ms. Measured were 2.3 ms a write on two busy cores, with 4 requests at a time.</summary>
    public TimeSpan PerWrite { get; init; } = TimeSpan.FromMilliseconds(10);

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
/// <item><b>lost</b>: an acknowledged note is not found, or missing in its owner's list; or an event of an acknowledged write is not in the inbox.</item>
/// <item><b>stale</b>: a read shows an older version or other content than was acknowledged last, or a deleted note.</item>
/// <item><b>duplicated</b>: two notes for one idempotency key, two notifications for one event, or a version that more writes than were sent would have made.</item>
/// <item><b>unreadable</b>: the platform did not answer, so that nothing of this is known.</item>
/// </list>
/// A write with unknown outcome (time-out, 5xx, broken connection) may have happened or not: both are right, happening twice is not.
/// </summary>
public sealed class LedgerVerification(VerificationOptions options, TimeProvider time)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan BetweenReports = TimeSpan.FromSeconds(1);

    /// <summary>Called once a second while it goes on.</summary>
    public Action<VerificationProgress>? OnProgress { get; init; }

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
        using var deadline = new CancellationTokenSource(options.Deadline + state.Acknowledged.Count * options.PerWrite, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        using var gathered = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reporting = ReportAsync(evidence, state.Acknowledged.Count, started, gathered.Token);
        try
        {
            await GatherAsync(evidence, deadline, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The deadline: what is still missing now is missing.
        }
        finally
        {
            await gathered.CancelAsync();
            await reporting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (options.ReadBackPath is { } path)
        {
            await KeepAsync(path, state, evidence.Seen, cancellationToken);
        }

        return Judgement.Of(state, evidence.Seen, time.GetElapsedTime(started));
    }

    /// <exception cref="TrafficException">The ledger or the file cannot be read.</exception>
    public static LedgerVerdict JudgeAgain(string ledgerPath, string readBackPath)
    {
        var state = ExpectedState.Load(ledgerPath);
        return Judgement.Of(state, ReadBackFile.Read(readBackPath, state), TimeSpan.Zero);
    }

    private static async Task KeepAsync(string path, ExpectedState state, ReadBack seen, CancellationToken cancellationToken)
    {
        try
        {
            await ReadBackFile.WriteAsync(path, state, seen, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TrafficException($"{path} cannot be written: {e.Message}", e);
        }
    }

    private async Task GatherAsync(Evidence evidence, CancellationTokenSource deadline, CancellationToken cancellationToken)
    {
        var pause = FirstPause;
        await evidence.GatherMissingAsync(cancellationToken);
        deadline.CancelAfter(options.Deadline);
        while (!evidence.Complete)
        {
            pause = await PauseAsync(pause, cancellationToken);
            await evidence.GatherMissingAsync(cancellationToken);
        }

        deadline.CancelAfter(options.Settle + options.Deadline);
        await Task.Delay(options.Settle, time, cancellationToken);
        pause = FirstPause;
        while (!await evidence.LookAgainAsync(cancellationToken))
        {
            pause = await PauseAsync(pause, cancellationToken);
        }
    }

    /// <returns>How long the next pause is.</returns>
    private async Task<TimeSpan> PauseAsync(TimeSpan pause, CancellationToken cancellationToken)
    {
        await Task.Delay(pause, time, cancellationToken);
        return pause * 1.5 < LongestPause ? pause * 1.5 : LongestPause;
    }

    private async Task ReportAsync(Evidence evidence, int acknowledged, long started, CancellationToken cancellationToken)
    {
        if (OnProgress is null)
        {
            return;
        }

        using var timer = new PeriodicTimer(BetweenReports, time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            OnProgress(new VerificationProgress(evidence.Confirmed, acknowledged, Math.Round(time.GetElapsedTime(started).TotalSeconds, 1)));
        }
    }
}
