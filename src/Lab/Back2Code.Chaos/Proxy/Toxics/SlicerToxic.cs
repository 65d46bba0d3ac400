namespace Back2Code.Chaos.Proxy.Toxics;

/// <summary>
/// Cuts data into pieces of <paramref name="averageSize"/> ± a uniform draw up to <paramref name="sizeVariation"/> bytes, <paramref name="delayMicroseconds"/> apart.
/// </summary>
internal sealed class SlicerToxic(long averageSize, long sizeVariation, long delayMicroseconds) : Toxic
{
    public override async ValueTask<StreamEnd> PipeAsync(ToxicPipe pipe)
    {
        var apart = TimeSpan.FromMicroseconds(delayMicroseconds);
        while (await pipe.ReadAsync() is { } chunk)
        {
            // Timers know no microseconds: pauses are owed until they are worth waiting for.
            var owed = TimeSpan.Zero;
            int length;
            for (int offset = 0; offset < chunk.Length; offset += length)
            {
                if (owed >= TimeSpan.FromMilliseconds(1))
                {
                    await pipe.DelayAsync(owed);
                    owed = TimeSpan.Zero;
                }

                length = (int)Math.Min(DrawSize(pipe.Random), chunk.Length - offset);
                await pipe.WriteAsync(Chunk.CopyOf(chunk.Memory.Span.Slice(offset, length), chunk.ArrivedAt));
                owed += apart;
            }

            chunk.Dispose();
        }

        return pipe.InputEnd;
    }

    private long DrawSize(Random random) =>
        Math.Max(1, averageSize + random.NextInt64(-sizeVariation, sizeVariation + 1));
}
