namespace Back2Code.Chaos.Proxy.Toxics;

/// <summary>Passes data at once, and the end of the stream <paramref name="delayMs"/> late.</summary>
internal sealed class SlowCloseToxic(long delayMs) : Toxic
{
    public override async ValueTask<StreamEnd> PipeAsync(ToxicPipe pipe)
    {
        while (await pipe.ReadAsync() is { } chunk)
        {
            await pipe.WriteAsync(chunk);
        }

        await pipe.DelayAsync(TimeSpan.FromMilliseconds(delayMs));
        return pipe.InputEnd;
    }
}
