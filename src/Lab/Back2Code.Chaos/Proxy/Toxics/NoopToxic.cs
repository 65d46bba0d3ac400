namespace Back2Code.Chaos.Proxy.Toxics;

/// <summary>Passes everything on. What a toxic becomes when it is removed, until the chain has closed around it.</summary>
internal sealed class NoopToxic : Toxic
{
    public override async ValueTask<StreamEnd> PipeAsync(ToxicPipe pipe)
    {
        while (await pipe.ReadAsync() is { } chunk)
        {
            await pipe.WriteAsync(chunk);
        }

        return pipe.InputEnd;
    }
}
