namespace Back2Code.Data;

// The commands that the platform uses, typed. All throw as ExecuteAsync does.
public sealed partial class RedisClient
{
    /// <summary><c>PING</c>: completes when Redis answered.</summary>
    public async ValueTask PingAsync(CancellationToken cancellationToken) =>
        await ExecuteAsync(cancellationToken, "PING").ConfigureAwait(false);

    /// <summary><c>GET</c></summary>
    /// <returns>The value, or null when there is none.</returns>
    public async ValueTask<ReadOnlyMemory<byte>?> GetAsync(string key, CancellationToken cancellationToken) =>
        await ExecuteAsync(cancellationToken, "GET", key).ConfigureAwait(false) is { IsNull: false } reply ? reply.Bytes : (ReadOnlyMemory<byte>?)null;

    /// <summary><c>SET</c>, with <c>PX</c> when <paramref name="expiry"/> is given.</summary>
    public async ValueTask SetAsync(string key, RedisArgument value, TimeSpan? expiry, CancellationToken cancellationToken)
    {
        RedisArgument[] command = expiry is { } life ? ["SET", key, value, "PX", (long)life.TotalMilliseconds] : ["SET", key, value];
        await ExecuteAsync(command.AsMemory(), cancellationToken).ConfigureAwait(false);
    }

    /// <summary><c>DEL</c></summary>
    /// <returns>How many of the keys there were.</returns>
    public async ValueTask<long> DeleteAsync(IReadOnlyCollection<string> keys, CancellationToken cancellationToken)
    {
        RedisArgument[] command = ["DEL", .. keys.Select(RedisArgument.FromString)];
        return (await ExecuteAsync(command.AsMemory(), cancellationToken).ConfigureAwait(false)).AsInteger();
    }

    /// <summary><c>MGET</c></summary>
    /// <returns>One value for each key, in their order; null where there is none.</returns>
    public async ValueTask<IReadOnlyList<ReadOnlyMemory<byte>?>> GetManyAsync(IReadOnlyCollection<string> keys, CancellationToken cancellationToken)
    {
        RedisArgument[] command = ["MGET", .. keys.Select(RedisArgument.FromString)];
        var reply = await ExecuteAsync(command.AsMemory(), cancellationToken).ConfigureAwait(false);
        return [.. reply.Items.Select(static item => item.IsNull ? (ReadOnlyMemory<byte>?)null : item.Bytes)];
    }

    /// <summary><c>INCR</c></summary>
    /// <returns>The number after the increment.</returns>
    public async ValueTask<long> IncrementAsync(string key, CancellationToken cancellationToken) =>
        (await ExecuteAsync(cancellationToken, "INCR", key).ConfigureAwait(false)).AsInteger();

    /// <summary><c>PEXPIRE</c></summary>
    /// <returns>False when there is no such key.</returns>
    public async ValueTask<bool> ExpireAsync(string key, TimeSpan expiry, CancellationToken cancellationToken) =>
        (await ExecuteAsync(cancellationToken, "PEXPIRE", key, (long)expiry.TotalMilliseconds).ConfigureAwait(false)).AsInteger() == 1;

    /// <summary><c>FLUSHALL</c>: empties the whole server.</summary>
    public async ValueTask FlushAllAsync(CancellationToken cancellationToken) =>
        await ExecuteAsync(cancellationToken, "FLUSHALL").ConfigureAwait(false);

    /// <summary>Runs a Lua script: <c>EVALSHA</c>, and <c>EVAL</c> where the server does not know it (any more).</summary>
    public async ValueTask<RedisReply> EvaluateAsync(RedisScript script, IReadOnlyCollection<string> keys, IReadOnlyCollection<RedisArgument> arguments, CancellationToken cancellationToken)
    {
        RedisArgument[] command = ["EVALSHA", script.Sha1, keys.Count, .. keys.Select(RedisArgument.FromString), .. arguments];
        try
        {
            return await ExecuteAsync(command.AsMemory(), cancellationToken).ConfigureAwait(false);
        }
        catch (RedisErrorException e) when (e.Code == "NOSCRIPT")
        {
            command[0] = "EVAL";
            command[1] = script.Source;
            return await ExecuteAsync(command.AsMemory(), cancellationToken).ConfigureAwait(false);
        }
    }
}
