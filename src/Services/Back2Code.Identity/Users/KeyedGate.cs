namespace Back2Code.Identity;

/// <summary>Lets one call at a time through for each key, in the order in which they came. Keys that nobody holds cost nothing.</summary>
/// <param name="mostWaitingEach">How many may wait for one key.</param>
internal sealed class KeyedGate(int mostWaitingEach, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Queue<TaskCompletionSource>> _held = [];

    /// <returns>True when it is the caller's turn, who then calls <see cref="Leave"/>; false when too many wait or patience ended.</returns>
    public async Task<bool> EnterAsync(string key, TimeSpan patience, CancellationToken cancellationToken)
    {
        TaskCompletionSource turn;
        lock (_gate)
        {
            if (!_held.TryGetValue(key, out var waiting))
            {
                _held[key] = new();
                return true;
            }

            if (waiting.Count >= mostWaitingEach)
            {
                return false;
            }

            // The leaver's thread must not run what comes after the wait while it holds the gate.
            turn = new(TaskCreationOptions.RunContinuationsAsynchronously);
            waiting.Enqueue(turn);
        }

        try
        {
            await turn.Task.WaitAsync(patience, time, cancellationToken);
            return true;
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            // Marks the place in the queue as nobody's. If the turn came at this very moment, it is passed on.
            if (!turn.TrySetCanceled(CancellationToken.None))
            {
                Leave(key);
            }

            cancellationToken.ThrowIfCancellationRequested();
            return false;
        }
    }

    public void Leave(string key)
    {
        lock (_gate)
        {
            var waiting = _held[key];
            while (waiting.TryDequeue(out var turn))
            {
                if (turn.TrySetResult())
                {
                    return;
                }
            }

            _held.Remove(key);
        }
    }
}
