using Back2Code.Chaos.Faults.Servers;

namespace Back2Code.Chaos.Faults.Redis;

/// <summary><c>redis.pause</c>: Redis takes commands and does not answer them.</summary>
internal sealed class PauseFault : RedisFault
{
    private static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(300);

    public override string Type => "redis.pause";

    public override string Summary => "Has Redis keep back every command that may write, scripts among them, until the fault ends (CLIENT PAUSE WRITE).";

    public override string Symptom => "Connections stand and nothing is refused, yet no answer comes: callers wait for their time-outs, one after the other or all together.";

    public override async Task<IReadOnlyList<string>> FindTracesAsync(IFaultTarget platform, CancellationToken cancellationToken) =>
        await IsRunningAsync(platform, cancellationToken) && !(await Unpause.AnswersAsync(platform, Unpause.Patience, cancellationToken)).Answered
            ? ["redis: does not answer a write"]
            : [];

    protected override Task<FaultPlan> PrepareAsync(FaultContext context, FaultSettings settings, CancellationToken cancellationToken) => Task.FromResult(new FaultPlan
    {
        // Redis itself goes on when the lease is over.
        Undo = [new Unpause()],
        Act = token => PauseAsync(context.Platform, LeaseOf(context), token),
    });

    private static async Task<Evidence> PauseAsync(IFaultTarget platform, TimeSpan lease, CancellationToken cancellationToken)
    {
        await using var session = await RedisSession.OpenAsync(platform, cancellationToken);
        await session.AskAsync(cancellationToken, "CLIENT", "PAUSE", FormattableString.Invariant($"{(long)lease.TotalMilliseconds}"), "WRITE");
        var (answered, took) = await Unpause.AnswersAsync(platform, Silence, cancellationToken);
        return answered
            ? Evidence.NotSeen($"redis: a write was answered after {took.TotalMilliseconds:0} ms")
            : Evidence.Seen($"redis: a write had no answer within {took.TotalMilliseconds:0} ms");
    }
}

/// <summary>Lets a paused Redis go on.</summary>
internal sealed record Unpause : RedisUndo
{
    internal override string? Owns => "whether redis answers writes";

    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Whether a write is answered in time. It is a write that changes nothing: it deletes a key that is not there.</summary>
    public static async Task<(bool Answered, TimeSpan Took)> AnswersAsync(IFaultTarget platform, TimeSpan within, CancellationToken cancellationToken)
    {
        await using var other = await RedisSession.OpenAsync(platform, cancellationToken);
        var start = platform.Time.GetTimestamp();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(within);
        try
        {
            await other.AskAsync(limit.Token, "DEL", "back2code:fault:probe");
            return (true, platform.Time.GetElapsedTime(start));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (false, platform.Time.GetElapsedTime(start));
        }
    }

    protected override async Task<string> ApplyAsync(RedisSession session, IFaultTarget platform, UndoRecord record, CancellationToken cancellationToken)
    {
        await session.AskAsync(cancellationToken, "CLIENT", "UNPAUSE");
        var (answered, took) = await AnswersAsync(platform, Patience, cancellationToken);
        return answered
            ? FormattableString.Invariant($"redis: goes on; a write was answered after {took.TotalMilliseconds:0.0} ms")
            : throw new FaultException("redis was told to go on, and does not answer a write");
    }
}
