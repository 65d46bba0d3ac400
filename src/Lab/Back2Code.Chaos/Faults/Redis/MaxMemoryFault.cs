using Back2Code.Chaos.Faults.Servers;

namespace Back2Code.Chaos.Faults.Redis;

/// <summary><c>redis.memory-limit</c>: Redis may use less memory than it does.</summary>
internal sealed class MaxMemoryFault : RedisFault
{
    public override string Type => "redis.memory-limit";

    public override string Summary => "Sets maxmemory below what is used, with a policy for what happens then.";

    public override string Symptom => "With noeviction every write is refused (OOM command not allowed) and reads go on; with another policy evicted_keys rises and hits fall.";

    public override FaultExample Example { get; } = new("redis", ("policy", "noeviction"));

    public override IReadOnlyList<FaultParameter> Parameters { get; } =
    [
        new NumberParameter("bytes", "The setting maxmemory; 1 when left out, which is below anything.", 1, 64L << 30),
        new ChoiceParameter("policy", "The setting maxmemory-policy; noeviction when left out.", ["noeviction", "allkeys-lru", "allkeys-lfu", "allkeys-random", "volatile-lru", "volatile-ttl", "volatile-random"]),
    ];

    protected override async Task<FaultPlan> PrepareAsync(FaultContext context, FaultSettings settings, CancellationToken cancellationToken)
    {
        var bytes = FormattableString.Invariant($"{settings.Number("bytes", 1)}");
        var policy = settings.Choice("policy", "noeviction");
        await using var session = await RedisSession.OpenAsync(context.Platform, cancellationToken);
        return new FaultPlan
        {
            Undo =
            [
                new RestoreRedisSetting("maxmemory", await session.ConfigAsync("maxmemory", cancellationToken)),
                new RestoreRedisSetting("maxmemory-policy", await session.ConfigAsync("maxmemory-policy", cancellationToken)),
            ],
            Act = token => LimitAsync(context.Platform, bytes, policy, token),
        };
    }

    private static async Task<Evidence> LimitAsync(IFaultTarget platform, string bytes, string policy, CancellationToken cancellationToken)
    {
        await using var session = await RedisSession.OpenAsync(platform, cancellationToken);
        var evictedBefore = await session.InfoAsync("stats", "evicted_keys", cancellationToken);
        await session.AskAsync(cancellationToken, "CONFIG", "SET", "maxmemory-policy", policy, "maxmemory", bytes);
        var used = await session.InfoAsync("memory", "used_memory", cancellationToken);

        // The proof is a write: refused, or at the price of other keys. It lives for a moment only.
        var answer = await session.TryAsync(cancellationToken, "SET", "back2code:fault:probe", "x", "PX", "1000");
        var evicted = await session.InfoAsync("stats", "evicted_keys", cancellationToken) - evictedBefore;
        var effect = $"{evicted} keys were evicted; {(answer is RedisError refused ? $"a write was refused: {refused.Text}" : "a write went well")}";
        return (answer is RedisError error && error.Is("OOM")) || evicted > 0
            ? Evidence.Seen($"redis: {used} bytes are used of {bytes} allowed; {effect}")
            : Evidence.NotSeen($"redis: {used} bytes are used of {bytes} allowed; {effect}");
    }
}

/// <summary>Puts a setting of the running Redis back. It is not in its file, so a restart does the same.</summary>
internal sealed record RestoreRedisSetting(string Name, string Value) : RedisUndo
{
    internal override string? Owns => $"the setting {Name} of redis";

    protected override async Task<string> ApplyAsync(RedisSession session, IFaultTarget platform, UndoRecord record, CancellationToken cancellationToken)
    {
        var found = await session.ConfigAsync(Name, cancellationToken);
        await session.AskAsync(cancellationToken, "CONFIG", "SET", Name, Value);
        return $"redis: {Name} was {found} and is {Value}";
    }
}
