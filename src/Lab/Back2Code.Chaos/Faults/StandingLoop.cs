namespace Back2Code.Chaos.Faults;

/// <summary>
/// What a fault does again and again while it stands, in the process that injected it: it dies with that process. It ends by itself when the undo record is gone or
/// the lease is over, so that whoever heals ends it too.
/// </summary>
internal sealed class StandingLoop : IAsyncDisposable
{
    private readonly CancellationTokenSource _ended = new();
    private readonly TimeProvider _time;
    private readonly string _record;
    private readonly DateTimeOffset _until;
    private Action? _release;
    private Task _running = Task.CompletedTask;

    public StandingLoop(FaultContext context)
    {
        _time = context.Platform.Time;
        _record = Path.Combine(context.Platform.FaultsDirectory, context.FaultId + ".json");
        _until = _time.GetUtcNow() + (context.For ?? Injection.LeaseWithoutEnd);
    }

    private bool Stands => !_ended.IsCancellationRequested && File.Exists(_record) && _time.GetUtcNow() < _until;

    /// <summary>Begins; the record must be there. What the action throws is for the next round, save that it was told to end.</summary>
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
        while (Stands)
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
                await Task.Delay(pause, _time, CancellationToken.None);
            }
        }
    }
}
