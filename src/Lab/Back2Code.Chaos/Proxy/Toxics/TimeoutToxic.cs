namespace Back2Code.Chaos.Proxy.Toxics;

/// <summary>
/// A black hole: bytes vanish, and so does the sender's FIN. After <paramref name="timeoutMs"/> the connection closes; zero means not before the toxic is removed.
/// </summary>
internal sealed class TimeoutToxic(long timeoutMs) : Toxic
{
    public override StreamEnd? EndWhenRemoved => StreamEnd.Close;

    public override async ValueTask<StreamEnd> PipeAsync(ToxicPipe pipe)
    {
        using var deadline = pipe.StartDeadline(timeoutMs > 0 ? TimeSpan.FromMilliseconds(timeoutMs) : null);
        try
        {
            while (await pipe.ReadAsync(deadline) is { } chunk)
            {
                pipe.Drop(chunk);
            }

            await Task.Delay(Timeout.InfiniteTimeSpan, pipe.Time, deadline.Token);
        }
        catch (OperationCanceledException) when (deadline.HasPassed)
        {
        }

        return StreamEnd.Close;
    }
}
