namespace Back2Code.Chaos.Proxy.Toxics;

/// <summary>Closes the connection after <paramref name="bytes"/> bytes have passed on it, however often the limit was changed meanwhile.</summary>
internal sealed class LimitDataToxic(long bytes) : Toxic
{
    public override async ValueTask<StreamEnd> PipeAsync(ToxicPipe pipe)
    {
        while (pipe.PassedBytes < bytes)
        {
            if (await pipe.ReadAsync() is not { } chunk)
            {
                return pipe.InputEnd;
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

        return StreamEnd.Close;
    }
}
