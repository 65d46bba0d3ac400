namespace Back2Code.Chaos.Proxy.Toxics;

/// <summary>Passes at most <paramref name="kilobytesPerSecond"/> × 1000 bytes a second on each connection. Zero or less means no limit, as in Toxiproxy.</summary>
internal sealed class BandwidthToxic(long kilobytesPerSecond) : Toxic
{
    // What leaves at once. Toxiproxy's value: small enough for a receiver to see a trickle, large enough that timers keep up.
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(100);

    public override async ValueTask<StreamEnd> PipeAsync(ToxicPipe pipe)
    {
        // Bytes of a link that carries one thing after another: each slice starts when the one before has left.
        long freeAt = pipe.Time.GetTimestamp();
        while (await pipe.ReadAsync() is { } chunk)
        {
            if (kilobytesPerSecond <= 0)
            {
                await pipe.WriteAsync(chunk);
                continue;
            }

            freeAt = Math.Max(freeAt, chunk.ArrivedAt);
            int sliceBytes = (int)Math.Clamp(kilobytesPerSecond * 1000 * Slice.TotalSeconds, 1, int.MaxValue);
            bool interrupted = false;
            for (int offset = 0; offset < chunk.Length; offset += sliceBytes)
            {
                int length = Math.Min(sliceBytes, chunk.Length - offset);
                freeAt += (long)(length / (kilobytesPerSecond * 1000.0) * pipe.Time.TimestampFrequency);

                // Interrupted, the rest of the chunk goes out at once: it has been taken.
                interrupted = interrupted || !await pipe.DelayUntilAsync(freeAt);
                await pipe.WriteAsync(Chunk.CopyOf(chunk.Memory.Span.Slice(offset, length), chunk.ArrivedAt));
            }

            chunk.Dispose();
        }

        return pipe.InputEnd;
    }
}
