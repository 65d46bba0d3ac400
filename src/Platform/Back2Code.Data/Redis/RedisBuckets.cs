using System.Globalization;
using Back2Code.Resilience;

namespace Back2Code.Data;

/// <summary>
/// Token buckets in Redis, shared by all who use it. A bucket is one key: the time, by Redis' own clock in µs, at which it is full again. It expires at that time, for
/// a full bucket needs no record; so does what a flushed Redis has forgotten count as full.
/// </summary>
internal sealed class RedisBuckets(RedisClient redis) : ISharedBuckets
{
    /// <summary>
    /// KEYS: buckets. ARGV: for each, µs a token and tokens when full. Returns 1 if each gave a token, else 0, and then for each the µs until it is full. The arithmetic is that of
    /// <c>TokenBucket</c>. Whatever Redis' clock does, no bucket is emptier than empty.
    /// </summary>
    private static readonly RedisScript Take = new("""
        local time = redis.call('TIME')
        local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
        local answer = {1}
        local wait = {}
        for i = 1, #KEYS do
          local per, fill = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i - 1]) * tonumber(ARGV[2 * i])
          local full = tonumber(redis.call('GET', KEYS[i]) or now)
          wait[i] = math.min(math.max(full - now, 0), fill)
          if wait[i] + per > fill + 0.5 then
            answer[1] = 0
          end
        end
        for i = 1, #KEYS do
          if answer[1] == 1 then
            wait[i] = wait[i] + tonumber(ARGV[2 * i - 1])
            redis.call('SET', KEYS[i], string.format('%.2f', now + wait[i]), 'PX', math.ceil(wait[i] / 1000))
          end
          answer[i + 1] = math.ceil(wait[i])
        end
        return answer
        """);

    public async ValueTask<BucketAnswer> TakeAsync(IReadOnlyList<BucketDraw> draws, CancellationToken cancellationToken)
    {
        string[] keys = new string[draws.Count];
        var arguments = new RedisArgument[draws.Count * 2];
        for (int i = 0; i < keys.Length; i++)
        {
            keys[i] = "limit:" + draws[i].Key;
            arguments[2 * i] = draws[i].Limit.MicrosecondsPerToken.ToString("R", CultureInfo.InvariantCulture);
            arguments[(2 * i) + 1] = draws[i].Limit.Burst;
        }

        var reply = await redis.EvaluateAsync(Take, keys, arguments, cancellationToken).ConfigureAwait(false);
        double[] untilFull = new double[keys.Length];
        for (int i = 0; i < keys.Length; i++)
        {
            untilFull[i] = reply.Items[i + 1].AsInteger();
        }

        return new BucketAnswer(reply.Items[0].AsInteger() == 1, untilFull);
    }
}
