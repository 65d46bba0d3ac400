namespace Back2Code.Chaos.Proxy.Toxics;

/// <summary>
/// A black hole: bytes vanish, and so does the sender's FIN. After <paramref name="timeoutMs"/> the connection closes; zero means not before the toxic is removed.
/// </summary>
internal sealed class TimeoutToxic(long timeoutMs) : Toxic
{
    public override StreamEnd? EndWhenRemoved => StreamEnd.Close;

    public override async ValueTask<StreamEnd> PipeAsync(ToxicPipe pipe)
    {
        long until = timeoutMs > 0 ? pipe.TimestampAfter(TimeSpan.FromMilliseconds(timeoutMs)) : long.MaxValue;
        while (await pipe.ReadAsync(until) is { } chunk)
        {
            pipe.Drop(chunk);
        }

        if (!await pipe.DelayUntilAsync(until))
        {
            pipe.ThrowIfInterrupted();
        }

        return StreamEnd.Close;
    }
}
