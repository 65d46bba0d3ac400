namespace Back2Code.Chaos.Faults;

/// <summary>
/// The owner's look-out for an end of its fault that comes from somebody else (<c>fault remove</c>, healing, the end of the lease). An act that is still under way is
/// cancelled; what holds the fault up in this process is let go; then the other one is answered.
/// </summary>
internal sealed class ForeignEnd : IAsyncDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    private readonly string _record;
    private readonly TimeProvider _time;
    private readonly IAsyncDisposable? _held;
    private readonly CancellationTokenSource _acting;
    private readonly CancellationTokenSource _over = new();
    private readonly TaskCompletionSource _acted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private readonly Task _following;
    private Task? _lettingGo;
    private int _disposed;
    private long _leaseTicks;

    /// <param name="record">The fault's, which is there.</param>
    /// <param name="held">What holds the fault up in this process; null when nothing does once the act is done.</param>
    public ForeignEnd(string record, DateTimeOffset lease, IAsyncDisposable? held, TimeProvider time, CancellationToken injection)
    {
        (_record, _held, _time) = (record, held, time);
        _acting = CancellationTokenSource.CreateLinkedTokenSource(injection);
        Extend(lease);
        _following = FollowAsync();
    }

    /// <summary>For the act: cancelled when the injection is, and when somebody ends the fault.</summary>
    public CancellationToken Acting => _acting.Token;

    /// <summary>Whether somebody has ended the fault, or is about to.</summary>
    public bool HasCome => FaultJournal.IsEnding(_record);

    public void Extend(DateTimeOffset lease) => Volatile.Write(ref _leaseTicks, lease.UtcTicks);

    /// <summary>The fault stands. Without anything to let go of, there is nothing to look out for.</summary>
    public void Stand()
    {
        _acted.TrySetResult();
        if (_held is null)
        {
            _over.Cancel();
        }
    }

    /// <summary>The owner ends the fault itself: lets go, and looks out no longer.</summary>
    public async ValueTask DisposeAsync()
    {
        _acted.TrySetResult();
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            await _over.CancelAsync();
            await _following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _acting.Dispose();
            _over.Dispose();
        }

        await LetGoOnceAsync();
    }

    private Task LetGoOnceAsync()
    {
        lock (_gate)
        {
            return _lettingGo ??= _held?.DisposeAsync().AsTask() ?? Task.CompletedTask;
        }
    }

    private async Task FollowAsync()
    {
        while (!HasCome && _time.GetUtcNow().UtcTicks < Volatile.Read(ref _leaseTicks))
        {
            await Task.Delay(Look, _time, _over.Token);
        }

        await _acting.CancelAsync();
        await _acted.Task;
        await LetGoOnceAsync();
        FaultJournal.AnswerEnd(_record);
    }
}
