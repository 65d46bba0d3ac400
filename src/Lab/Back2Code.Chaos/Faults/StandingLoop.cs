namespace Back2Code.Chaos.Faults;

/// <summary>
/// What a fault does again and again while it stands, in the process that injected it: it dies with that process. Whoever ends the fault ends it first
/// (<see cref="ForeignEnd"/>).
/// </summary>
internal sealed class StandingLoop : IAsyncDisposable
{
    private readonly CancellationTokenSource _ended = new();
    private readonly TimeProvider _time;
    private Action? _release;
    private Task _running = Task.CompletedTask;

    public StandingLoop(FaultContext context) => _time = context.Platform.Time;

    /// <summary>Begins. What the action throws is for the next round, save that it was told to end.</summary>
    public void Start(TimeSpan pause, Func<CancellationToken, Task> action) => _running = RunAsync(pause, action);

    /// <summary>What is to be let go when it ends, for whatever reason.</summary>
    public void AtEnd(Action release) => _release = release;

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Release();
    }

    private void Release() => Interlocked.Exchange(ref _release, null)?.Invoke();

    private async Task RunAsync(TimeSpan pause, Func<CancellationToken, Task> action)
    {
        // Off the caller's thread at once: it has an effect to watch.
        await Task.Yield();
        try
        {
            await RepeatAsync(pause, action);
        }
        finally
        {
            Release();
        }
    }

    private async Task RepeatAsync(TimeSpan pause, Func<CancellationToken, Task> action)
    {
        while (!_ended.IsCancellationRequested)
        {
            try
            {
                await action(_ended.Token);
                await Task.Delay(pause, _time, _ended.Token);
            }
            catch (OperationCanceledException) when (_ended.IsCancellationRequested)
            {
                return;
            }
            catch (Exception)
            {
                // The supervisor or the process was away for a moment; a disturbance that cannot be done now is tried again.
                await Task.Delay(pause, _time, _ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
