namespace Back2Code.Chaos.Faults.Servers;

/// <summary>A disturbance that comes again and again until its fault ends, or its lease.</summary>
internal sealed class Repeating(Func<CancellationToken, Task> once, TimeSpan every, TimeSpan lease, TimeProvider time) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Task _loop = Task.CompletedTask;
    private int _times;
    private int _failures;
    private string? _lastFailure;
    private int _disposed;

    /// <summary>How often it came to its end.</summary>
    public int Times => Volatile.Read(ref _times);

    /// <summary>"12 times", and what went wrong if something did.</summary>
    public string Summary => FormattableString.Invariant($"{Times} times{(Volatile.Read(ref _failures) is > 0 and var failures ? $", {failures} more failed: {_lastFailure}" : "")}");

    public void Start()
    {
        _stop.CancelAfter(lease);
        _loop = Task.Run(RunAsync);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1)
        {
            return;
        }

        await _stop.CancelAsync();
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await once(_stop.Token);
                Interlocked.Increment(ref _times);
            }
            catch (Exception e) when (!_stop.IsCancellationRequested)
            {
                // The server may be what another fault broke, and a client's own time-out looks like a cancellation; it is worth another try.
                _lastFailure = e.Message;
                Interlocked.Increment(ref _failures);
            }

            await Task.Delay(every, time, _stop.Token);
        }
    }
}
