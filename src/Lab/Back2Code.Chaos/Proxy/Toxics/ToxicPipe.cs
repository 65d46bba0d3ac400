namespace Back2Code.Chaos.Proxy.Toxics;

/// <summary>A toxic's view of one direction of one connection: where chunks come from, where they go, how to wait.</summary>
internal sealed class ToxicPipe(Stage stage, TimeProvider time, Random random, CancellationToken interrupt)
{
    public TimeProvider Time => time;

    public Random Random => random;

    /// <summary>How the input ended; meaningful once a read has returned null.</summary>
    public StreamEnd InputEnd { get; private set; }

    /// <summary>Bytes this toxic has passed on this connection, also before its settings were changed.</summary>
    public long PassedBytes => stage.PassedBytes;

    /// <summary>The next chunk, now the caller's; null when the input has ended.</summary>
    /// <exception cref="OperationCanceledException">The toxic is to stop. Let it fly: no chunk was taken.</exception>
    public ValueTask<Chunk?> ReadAsync() => ReadAsync(interrupt);

    /// <summary>As <see cref="ReadAsync()"/>, and stops at the deadline too.</summary>
    /// <exception cref="OperationCanceledException">The toxic is to stop, or the deadline has passed.</exception>
    public async ValueTask<Chunk?> ReadAsync(ToxicDeadline deadline) => await ReadAsync(deadline.Token);

    /// <summary>A moment from now on, or never for null. It also passes when the toxic is to stop.</summary>
    public ToxicDeadline StartDeadline(TimeSpan? after) => new(after, time, interrupt);

    /// <summary>Passes a chunk on and gives it up. Waits for room further down; the time since its arrival is what the statistics call delay.</summary>
    public ValueTask WriteAsync(Chunk chunk) => stage.PassOnAsync(chunk);

    /// <summary>Loses a chunk, and counts it.</summary>
    public void Drop(Chunk chunk) => stage.Drop(chunk);

    /// <summary>Waits until a timestamp; false when interrupted before.</summary>
    public ValueTask<bool> DelayUntilAsync(long timestamp) => DelayAsync(time.GetElapsedTime(time.GetTimestamp(), timestamp));

    /// <summary>Waits; false when interrupted before.</summary>
    public async ValueTask<bool> DelayAsync(TimeSpan delay)
    {
        // Timers count whole milliseconds and may fire up to one early, and a chunk must not leave early: hence the rounding and the second look.
        long start = time.GetTimestamp();
        for (var left = delay; left > TimeSpan.Zero && !interrupt.IsCancellationRequested; left = delay - time.GetElapsedTime(start))
        {
            var rounded = TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds));
            await Task.Delay(rounded, time, interrupt).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return !interrupt.IsCancellationRequested;
    }

    private async ValueTask<Chunk?> ReadAsync(CancellationToken stop)
    {
        var (chunk, end) = await stage.Input.ReadAsync(stop);
        InputEnd = end;
        return chunk;
    }
}

/// <summary>A moment at which a read gives up.</summary>
internal sealed class ToxicDeadline : IDisposable
{
    private readonly CancellationTokenSource? _timer;
    private readonly CancellationTokenSource _both;
    private readonly CancellationToken _interrupt;

    public ToxicDeadline(TimeSpan? after, TimeProvider time, CancellationToken interrupt)
    {
        _timer = after is { } delay ? new CancellationTokenSource(delay, time) : null;
        _both = CancellationTokenSource.CreateLinkedTokenSource(interrupt, _timer?.Token ?? CancellationToken.None);
        _interrupt = interrupt;
    }

    public CancellationToken Token => _both.Token;

    /// <summary>The deadline itself has passed; not an interruption.</summary>
    public bool HasPassed => _timer is { IsCancellationRequested: true } && !_interrupt.IsCancellationRequested;

    public void Dispose()
    {
        _both.Dispose();
        _timer?.Dispose();
    }
}
