using Back2Code.Chaos.Faults.Servers;

namespace Back2Code.Chaos.Faults.Redis;

/// <summary><c>redis.forget-scripts</c>: Redis does not know the scripts any more that clients call by their digest.</summary>
internal sealed class ForgetScriptsFault : RedisFault
{
    public override string Type => "redis.forget-scripts";

    public override string Summary => "Empties Redis' store of scripts, as a restart or a failover does.";

    public override string Symptom => "EVALSHA is answered 'NOSCRIPT'; a client that does not send the script then fails for good.";

    public override bool Lasts => false;

    protected override Task<FaultPlan> PrepareAsync(FaultContext context, FaultSettings settings, CancellationToken cancellationToken) =>
        Task.FromResult(new FaultPlan { Act = token => ForgetAsync(context.Platform, token) });

    private static async Task<Evidence> ForgetAsync(IFaultTarget platform, CancellationToken cancellationToken)
    {
        const string script = "return 'back2code fault'";
        await using var session = await RedisSession.OpenAsync(platform, cancellationToken);
        var before = await session.InfoAsync("memory", "number_of_cached_scripts", cancellationToken);
        var digest = (string)(await session.AskAsync(cancellationToken, "SCRIPT", "LOAD", script))!;
        await session.AskAsync(cancellationToken, "SCRIPT", "FLUSH", "SYNC");
        return await session.TryAsync(cancellationToken, "EVALSHA", digest, "0") is RedisError { Text: var text } refusal && refusal.Is("NOSCRIPT")
            ? Evidence.Seen($"redis: {before} scripts were known; one that was loaded a moment ago is answered {text}")
            : Evidence.NotSeen($"redis: a script that was loaded a moment ago is still known");
    }
}
