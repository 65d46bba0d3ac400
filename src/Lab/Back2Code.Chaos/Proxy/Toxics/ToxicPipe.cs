using System.Runtime.CompilerServices;

namespace Back2Code.Chaos.Proxy.Toxics;

/// <summary>A toxic's view of one direction of one connection: where chunks come from, where they go, how to wait.</summary>
internal sealed class ToxicPipe(Stage stage, TimeProvider time, Random random, int interruptions)
{
    public TimeProvider Time => time;

    public Random Random => random;

    /// <summary>The toxic is to stop: it was changed or removed, or the connection is over.</summary>
    public bool IsInterrupted => stage.Interruptions != interruptions;

    public StreamDirection Direction => stage.Direction;

    public bool HasInputEnded { get; private set; }

    /// <summary>How the input ended; meaningful once it has.</summary>
    public StreamEnd InputEnd { get; private set; }

    /// <summary>Bytes this toxic has passed on this connection, also before its settings were changed.</summary>
    public long PassedBytes => stage.PassedBytes;

    /// <summary>The next chunk, now the caller's; null when the input has ended, or the time has come.</summary>
    /// <exception cref="OperationCanceledException">The toxic is to stop. Let it fly: no chunk was taken.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Chunk?> ReadAsync(long until = long.MaxValue)
    {
        while (true)
        {
            ThrowIfInterrupted();
            if (stage.Input.TryRead(out var chunk, out var end))
            {
                HasInputEnded = chunk is null;
                InputEnd = end;
                return chunk;
            }

            if (!await WaitAsync(until))
            {
                return null;
            }
        }
    }

    /// <summary>Passes a chunk on and gives it up. Waits for room further down; the time since its arrival is what the statistics call delay.</summary>
    public ValueTask WriteAsync(Chunk chunk) => stage.PassOnAsync(chunk);

    /// <summary>Loses a chunk, and counts it.</summary>
    public void Drop(Chunk chunk) => stage.Drop(chunk);

    /// <summary>Puts a chunk into this pipe's own input, for the other direction's pipe to use; false when this one has ended.</summary>
    public bool Inject(Chunk chunk) => stage.Input.Inject(chunk);

    /// <summary>Ends this pipe's input after what is in it, for the other direction's pipe to use.</summary>
    public void EndInput(StreamEnd end) => stage.Input.Complete(end);

    /// <summary>What the two directions of this toxic share on this connection, for as long as it is on it.</summary>
    public T Shared<T>()
        where T : class, new() => stage.Shared<T>();

    /// <summary>Waits; false when interrupted before.</summary>
    public ValueTask<bool> DelayAsync(TimeSpan delay) => DelayUntilAsync(TimestampAfter(delay));

    /// <summary>Waits until a timestamp; false when interrupted before.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> DelayUntilAsync(long timestamp)
    {
        while (!IsInterrupted)
        {
            if (!await WaitAsync(timestamp))
            {
                return true;
            }
        }

        return false;
    }

    public long TimestampAfter(TimeSpan delay) => time.GetTimestamp() + (long)(delay.TotalSeconds * time.TimestampFrequency);

    /// <exception cref="OperationCanceledException">The toxic is to stop.</exception>
    public void ThrowIfInterrupted()
    {
        if (IsInterrupted)
        {
            throw new OperationCanceledException("the toxic is to stop");
        }
    }

    /// <summary>False when the time has come; true when something else may have happened before.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> WaitAsync(long until)
    {
        if (until != long.MaxValue)
        {
            // Timers count whole milliseconds and may fire up to one early, and a chunk must not leave early: hence the rounding, and the callers' second look.
            double left = time.GetElapsedTime(time.GetTimestamp(), until).TotalMilliseconds;
            if (left <= 0)
            {
                return false;
            }

            stage.WakeAfter(TimeSpan.FromMilliseconds(Math.Ceiling(left)));
        }

        await stage.Input.ChangedAsync();
        return true;
    }
}
