namespace Back2Code.Identity;

/// <summary>
/// Places for expensive work that are given by turns among those who ask, whatever each of them asks for: who asks a hundred times waits for a hundred turns of
/// their own, and delays anybody else by one (round robin; Nagle, "On packet switches with infinite storage", RFC 970).
/// </summary>
/// <param name="places">How much may be under way at once, at least 1.</param>
/// <param name="mostWaiting">How many may wait in all.</param>
/// <param name="mostWaitingEach">How many of them for one asker.</param>
internal sealed class Turns(int places, int mostWaiting, int mostWaitingEach, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Queue<TaskCompletionSource>> _waiting = [];
    private readonly Queue<string> _next = new();
    private int _free = places;
    private int _count;

    /// <summary>Waits for a place, which <see cref="Leave"/> gives back.</summary>
    /// <returns>Only after <see cref="Turn.Taken"/> is there something to give back.</returns>
    public async Task<Turn> EnterAsync(string asker, TimeSpan patience, CancellationToken cancellationToken)
    {
        TaskCompletionSource turn;
        lock (_gate)
        {
            if (_free > 0)
            {
                _free--;
                return Turn.Taken;
            }

            bool waits = _waiting.TryGetValue(asker, out var queue);
            if (waits && queue!.Count >= mostWaitingEach)
            {
                return Turn.TooManyOfTheirs;
            }

            if (_count >= mostWaiting)
            {
                return waits ? Turn.TooManyOfTheirs : Turn.TooMany;
            }

            if (!waits)
            {
                _waiting[asker] = queue = new();
                _next.Enqueue(asker);
            }

            // The releaser's thread must not run what comes after the wait while it holds the gate.
            turn = new(TaskCreationOptions.RunContinuationsAsynchronously);
            queue!.Enqueue(turn);
            _count++;
        }

        try
        {
            await turn.Task.WaitAsync(patience, time, cancellationToken);
            return Turn.Taken;
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            // Marks the place in the queue as nobody's. If the turn came at this very moment, it is passed on.
            if (!turn.TrySetCanceled(CancellationToken.None))
            {
                Leave();
            }

            cancellationToken.ThrowIfCancellationRequested();
            lock (_gate)
            {
                // Itself among them, until the next turn finds it gone.
                return _waiting.TryGetValue(asker, out var others) && others.Count > 1 ? Turn.TooManyOfTheirs : Turn.TooMany;
            }
        }
    }

    public void Leave()
    {
        lock (_gate)
        {
            while (_next.TryDequeue(out string? asker))
            {
                var queue = _waiting[asker];
                var turn = queue.Dequeue();
                _count--;
                if (queue.Count > 0)
                {
                    _next.Enqueue(asker);
                }
                else
                {
                    _waiting.Remove(asker);
                }

                if (turn.TrySetResult())
                {
                    return;
                }
            }

            _free++;
        }
    }
}

internal enum Turn
{
    Taken,

    /// <summary>Too many wait, or none was free in time: the service is busy.</summary>
    TooMany,

    /// <summary>As before, and it is the asker who asks for so much.</summary>
    TooManyOfTheirs,
}
