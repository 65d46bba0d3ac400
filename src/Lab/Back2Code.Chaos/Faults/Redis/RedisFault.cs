using Back2Code.Chaos.Faults.Servers;

namespace Back2Code.Chaos.Faults.Redis;

/// <summary>A fault inside Redis.</summary>
internal abstract class RedisFault : ServerFault
{
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public override FaultExample Example => new("redis");

    protected override string Server => "redis";
}

/// <summary>Undoes inside Redis. What is only in its memory is gone with it.</summary>
internal abstract record RedisUndo : UndoStep
{
    public override async Task<string> ApplyAsync(IFaultTarget platform, UndoRecord record, CancellationToken cancellationToken)
    {
        if ((await platform.ListProcessesAsync(cancellationToken)).FirstOrDefault(p => p.Name == "redis") is not { Pid: not null })
        {
            return OutlivesPlatform
                ? throw new FaultException("redis is not running, so what the fault left in its data cannot be removed yet")
                : "redis: is not running, and the fault is gone with it";
        }

        await using var session = await OpenAsync(platform, cancellationToken);
        return await ApplyAsync(session, platform, record, cancellationToken);
    }

    protected virtual Task<RedisSession> OpenAsync(IFaultTarget platform, CancellationToken cancellationToken) => RedisSession.OpenAsync(platform, cancellationToken);

    protected abstract Task<string> ApplyAsync(RedisSession session, IFaultTarget platform, UndoRecord record, CancellationToken cancellationToken);
}
