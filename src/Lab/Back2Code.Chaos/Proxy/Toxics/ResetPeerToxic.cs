namespace Back2Code.Chaos.Proxy.Toxics;

/// <summary>Ends the connection with RST towards both sides, <paramref name="timeoutMs"/> after the next data in its direction.</summary>
internal sealed class ResetPeerToxic(long timeoutMs) : Toxic
{
    public override async ValueTask<StreamEnd> PipeAsync(ToxicPipe pipe)
    {
        while (await pipe.ReadAsync() is { } chunk)
        {
            if (await pipe.DelayAsync(TimeSpan.FromMilliseconds(timeoutMs)))
            {
                pipe.Drop(chunk);
                return StreamEnd.Reset;
            }

            await pipe.WriteAsync(chunk);
        }

        return pipe.InputEnd;
    }
}
