namespace Back2Code.Messaging;

/// <summary>How many of a queue's deliveries are being handled at this moment. Thread-safe.</summary>
internal sealed class DeliveriesInHand
{
    private readonly Lock _gate = new();
    private int _count;
    private TaskCompletionSource? _empty;

    public void Take()
    {
        lock (_gate)
        {
            _count++;
        }
    }

    public void Done()
    {
        lock (_gate)
        {
            if (--_count == 0)
            {
                _empty?.TrySetResult();
                _empty = null;
            }
        }
    }

    /// <summary>Completes when none is in hand.</summary>
    public Task WhenEmptyAsync()
    {
        lock (_gate)
        {
            return _count == 0 ? Task.CompletedTask : (_empty ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }
}
