namespace Back2Code.Data;

/// <summary>
/// The two atomic steps of <see cref="VersionedCache"/>. An entry is a hash: <c>v</c> version, <c>k</c> kind (v value, t tombstone,
/// i invalidated), <c>e</c> epoch, <c>f</c> fresh for (ms), <c>l</c> life (ms), <c>d</c> data. Its age is its life less what Redis
/// says is left of it, so no two clocks are ever compared.
/// </summary>
internal static class CacheScripts
{
    /// <summary>
    /// KEYS: entry, epoch. ARGV: an epoch in case there is none. Returns the epoch, then v, k, e, f, l, d and the life left (ms).
    /// An epoch is a random word: after FLUSHALL it cannot be taken for the one before.
    /// </summary>
    public static RedisScript Read { get; } = new("""
        local epoch = redis.call('GET', KEYS[2])
        if not epoch then
          epoch = ARGV[1]
          redis.call('SET', KEYS[2], epoch)
        end
        local e = redis.call('HMGET', KEYS[1], 'v', 'k', 'e', 'f', 'l', 'd')
        return {epoch, e[1], e[2], e[3], e[4], e[5], e[6], redis.call('PTTL', KEYS[1])}
        """);

    /// <summary>
    /// KEYS: entry, epoch. ARGV: version, kind, epoch that the caller saw ('' if any will do), fresh for (ms), life (ms), data, an epoch in
    /// case there is none. Stores unless what is there is newer. Returns 1 if stored, else 0 and then v, k, e, f, l, d, life left of what stands.
    /// Versions are compared as decimal text: Lua's numbers are doubles and would confuse those beyond 2^53.
    /// </summary>
    public static RedisScript Put { get; } = new("""
        local epoch = redis.call('GET', KEYS[2])
        if not epoch then
          epoch = ARGV[7]
          redis.call('SET', KEYS[2], epoch)
        end
        if ARGV[3] ~= '' and ARGV[3] ~= epoch then
          return {0}
        end
        local function newer(a, b)
          if #a ~= #b then return #a > #b end
          return a > b
        end
        local rank = {i = 0, v = 1, t = 2}
        local e = redis.call('HMGET', KEYS[1], 'v', 'k', 'e', 'f', 'l', 'd')
        if e[1] and (newer(e[1], ARGV[1]) or (e[1] == ARGV[1] and rank[ARGV[2]] < rank[e[2]])) then
          if e[3] ~= epoch then
            return {0}
          end
          return {0, e[1], e[2], e[3], e[4], e[5], e[6], redis.call('PTTL', KEYS[1])}
        end
        redis.call('HSET', KEYS[1], 'v', ARGV[1], 'k', ARGV[2], 'e', epoch, 'f', ARGV[4], 'l', ARGV[5], 'd', ARGV[6])
        redis.call('PEXPIRE', KEYS[1], ARGV[5])
        return {1}
        """);
}
