using System.Collections.Concurrent;

namespace Back2Code.Messaging;

/// <summary>
/// How far a consumer is behind its queue, as far as it can know. A queue hands out in order: what is older than the oldest event in hand is done.
/// While there is no connection anything may wait, so the time without one counts. Thread-safe.
/// </summary>
internal sealed class QueueBacklog(TimeProvider time)
{
    // At most a prefetch of each, so looking for the oldest is cheap.
    private readonly ConcurrentDictionary<long, DateTimeOffset> _inHand = new();
    private readonly Lock _gate = new();
    private DateTimeOffset? _blindSince = time.GetUtcNow();
    private long _last;

    /// <summary>Zero when all that the queue has handed out is handled and it would hand out more.</summary>
    public TimeSpan Staleness
    {
        get
        {
            DateTimeOffset now = time.GetUtcNow(), oldest = Oldest(now);
            lock (_gate)
            {
                oldest = _blindSince < oldest ? _blindSince.Value : oldest;
            }

            // Publishers have clocks of their own.
            return oldest < now ? now - oldest : TimeSpan.Zero;
        }
    }

    /// <summary>The queue hands out again.</summary>
    public void Connected()
    {
        lock (_gate)
        {
            _blindSince = null;
        }
    }

    /// <summary>The queue will hand out nothing more, and what is in hand is taken back.</summary>
    public void Lost()
    {
        DateTimeOffset oldest = Oldest(time.GetUtcNow());
        lock (_gate)
        {
            _blindSince ??= oldest;
        }
    }

    /// <returns>For <see cref="Done"/>.</returns>
    public long Received(DateTimeOffset publishedAt)
    {
        long ticket = Interlocked.Increment(ref _last);
        _inHand[ticket] = publishedAt;
        return ticket;
    }

    public void Done(long ticket) => _inHand.TryRemove(ticket, out _);

    private DateTimeOffset Oldest(DateTimeOffset now)
    {
        foreach ((_, DateTimeOffset publishedAt) in _inHand)
        {
            now = publishedAt < now ? publishedAt : now;
        }

        return now;
    }
}
