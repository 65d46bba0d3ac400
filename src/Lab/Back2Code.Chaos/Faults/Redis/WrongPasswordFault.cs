using System.Security.Cryptography;
using Back2Code.Chaos.Faults.Servers;

namespace Back2Code.Chaos.Faults.Redis;

/// <summary><c>redis.wrong-password</c>: the password was rotated and nobody was told.</summary>
internal sealed class WrongPasswordFault : RedisFault
{
    public override string Type => "redis.wrong-password";

    public override string Summary => "Changes the password of Redis' default user without telling anybody, and closes all connections.";

    public override string Symptom => "Redis is up and answers everybody with 'WRONGPASS'; a restarted service fares no better.";

    protected override async Task<FaultPlan> PrepareAsync(FaultContext context, FaultSettings settings, CancellationToken cancellationToken)
    {
        // Good for nothing once the fault is over; the record needs it to get in.
        var password = RandomNumberGenerator.GetHexString(32);
        await using var session = await RedisSession.OpenAsync(context.Platform, cancellationToken);
        return new FaultPlan
        {
            Undo = [new RestorePasswords(await RestorePasswords.ReadAsync(session, cancellationToken), password)],
            Act = token => ChangeAsync(context.Platform, password, token),
        };
    }

    private static async Task<Evidence> ChangeAsync(IFaultTarget platform, string password, CancellationToken cancellationToken)
    {
        await using var session = await RedisSession.OpenAsync(platform, cancellationToken);
        await session.AskAsync(cancellationToken, "ACL", "SETUSER", "default", "resetpass", ">" + password);
        await session.AskAsync(cancellationToken, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
        return await RedisSession.FindRefusalAsync(platform, cancellationToken) switch
        {
            null => Evidence.NotSeen($"redis: the platform's password is still taken"),
            { } refusal when refusal.Is("WRONGPASS") => Evidence.Seen($"redis: the platform's password is refused: {refusal.Text}"),
            { } other => Evidence.NotSeen($"redis: the platform is refused, yet not for its password: {other.Text}"),
        };
    }
}

/// <summary>Gives Redis' default user its passwords back.</summary>
/// <param name="Hashes">What Redis keeps of them: SHA-256 in hex.</param>
/// <param name="Meanwhile">The password while the fault stands.</param>
internal sealed record RestorePasswords(IReadOnlyList<string> Hashes, string Meanwhile) : RedisUndo
{
    internal override string? Owns => "the password of redis";

    public static async Task<IReadOnlyList<string>> ReadAsync(RedisSession session, CancellationToken cancellationToken)
    {
        var user = await session.AskAsync(cancellationToken, "ACL", "GETUSER", "default") as List<object?> ?? [];
        var at = user.FindIndex(item => item is "passwords");
        return at >= 0 && user[at + 1] is List<object?> { Count: > 0 } hashes
            ? [.. hashes.OfType<string>()]
            : throw new FaultException("Redis' default user has no password that could be wrong.");
    }

    protected override Task<RedisSession> OpenAsync(IFaultTarget platform, CancellationToken cancellationToken) =>
        RedisSession.OpenAsync(platform.Redis, [platform.Redis.Password, Meanwhile], cancellationToken);

    protected override async Task<string> ApplyAsync(RedisSession session, IFaultTarget platform, UndoRecord record, CancellationToken cancellationToken)
    {
        await session.AskAsync(cancellationToken, ["ACL", "SETUSER", "default", "resetpass", .. Hashes.Select(hash => "#" + hash)]);
        await using var proof = await RedisSession.OpenAsync(platform, cancellationToken);
        return "redis: the platform's password is taken again";
    }
}
