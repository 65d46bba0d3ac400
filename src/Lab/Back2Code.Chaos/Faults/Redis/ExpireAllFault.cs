using Back2Code.Chaos.Faults.Servers;

namespace Back2Code.Chaos.Faults.Redis;

/// <summary><c>redis.expire-all</c>: all keys reach the end of their life together, as keys do that were filled together.</summary>
internal sealed class ExpireAllFault : RedisFault
{
    public override string Type => "redis.expire-all";

    public override string Summary => "Lets every key expire in the same moment.";

    public override string Symptom => "The counter expired_keys jumps, and all callers load the same entries at once: one load a key where loads are shared, a stampede where they are not.";

    public override FaultExample Example { get; } = new("redis", ("within", "1s"));

    public override bool Lasts => false;

    public override IReadOnlyList<FaultParameter> Parameters { get; } =
        [new DurationParameter("within", "When they expire; 500ms when left out.", TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1))];

    protected override Task<FaultPlan> PrepareAsync(FaultContext context, FaultSettings settings, CancellationToken cancellationToken)
    {
        var within = settings.Duration("within") ?? TimeSpan.FromMilliseconds(500);
        return Task.FromResult(new FaultPlan { Act = token => ExpireAsync(context.Platform, within, token) });
    }

    private static async Task<Evidence> ExpireAsync(IFaultTarget platform, TimeSpan within, CancellationToken cancellationToken)
    {
        await using var session = await RedisSession.OpenAsync(platform, cancellationToken);
        var keys = await session.KeysAsync("*", cancellationToken);
        var at = FormattableString.Invariant($"{(platform.Time.GetUtcNow() + within).ToUnixTimeMilliseconds()}");
        foreach (var key in keys)
        {
            await session.AskAsync(cancellationToken, "PEXPIREAT", key, at);
        }

        // A key that was written anew meanwhile has a new life.
        var sample = keys.Take(50).ToArray();
        if (sample.Length == 0)
        {
            return Evidence.NotSeen($"redis: there is no key that could expire");
        }

        var (left, took) = await Watch.UntilAsync(
            platform,
            within + Patience,
            token => session.NumberAsync(token, ["EXISTS", .. sample]),
            count => count < sample.Length,
            cancellationToken);
        return left < sample.Length
            ? Evidence.Seen($"redis: {keys.Count} keys were told to expire together; of {sample.Length} that were watched, {left} were there {took.TotalMilliseconds:0} ms later")
            : Evidence.NotSeen($"redis: {keys.Count} keys were told to expire together, and all {left} that were watched are there");
    }
}
