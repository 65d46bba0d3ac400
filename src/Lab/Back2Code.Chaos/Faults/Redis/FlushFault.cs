using Back2Code.Chaos.Faults.Servers;

namespace Back2Code.Chaos.Faults.Redis;

/// <summary><c>redis.flush</c>: the cache is empty from one moment to the next.</summary>
internal sealed class FlushFault : RedisFault
{
    public override string Type => "redis.flush";

    public override string Summary => "Empties Redis.";

    public override string Symptom => "Nothing fails in Redis: the share of cache hits falls to nothing, and PostgreSQL gets every read until the cache is warm again.";

    public override bool Lasts => false;

    protected override Task<FaultPlan> PrepareAsync(FaultContext context, FaultSettings settings, CancellationToken cancellationToken) =>
        Task.FromResult(new FaultPlan { Act = token => FlushAsync(context.Platform, token) });

    private static async Task<Evidence> FlushAsync(IFaultTarget platform, CancellationToken cancellationToken)
    {
        await using var session = await RedisSession.OpenAsync(platform, cancellationToken);

        // Who empties what is empty has shown nothing.
        var before = await session.NumberAsync(cancellationToken, "DBSIZE");
        var started = platform.Time.GetTimestamp();
        await session.AskAsync(cancellationToken, "FLUSHALL", "SYNC");
        var took = platform.Time.GetElapsedTime(started);
        var after = await session.NumberAsync(cancellationToken, "DBSIZE");
        return after < before
            ? Evidence.Seen($"redis: {before} keys before, {after} when it answered after {took.TotalMilliseconds:0.0} ms")
            : Evidence.NotSeen($"redis: {before} keys before and {after} after");
    }
}
