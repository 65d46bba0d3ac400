namespace Back2Code.Chaos.Proxy.Toxics;

/// <summary>
/// Ends the connection after <paramref name="bytes"/> bytes have passed on it, however often that was changed meanwhile, or
/// <paramref name="timeMs"/> (0: never) after the toxic came to it or was changed.
/// </summary>
internal sealed class CutToxic(long bytes, long timeMs, StreamEnd how) : Toxic
{
    public override async ValueTask<StreamEnd> PipeAsync(ToxicPipe pipe)
    {
        long until = timeMs > 0 ? pipe.TimestampAfter(TimeSpan.FromMilliseconds(timeMs)) : long.MaxValue;
        while (pipe.PassedBytes < bytes)
        {
            if (await pipe.ReadAsync(until) is not { } chunk)
            {
                return pipe.HasInputEnded ? pipe.InputEnd : how;
            }

            int allowed = (int)Math.Min(chunk.Length, bytes - pipe.PassedBytes);
            if (allowed == chunk.Length)
            {
                await pipe.WriteAsync(chunk);
                continue;
            }

            var rest = Chunk.CopyOf(chunk.Memory.Span[allowed..], chunk.ArrivedAt);
            await pipe.WriteAsync(Chunk.CopyOf(chunk.Memory.Span[..allowed], chunk.ArrivedAt));
            chunk.Dispose();
            pipe.Drop(rest);
        }

        return how;
    }
}
