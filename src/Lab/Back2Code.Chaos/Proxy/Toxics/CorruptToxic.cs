namespace Back2Code.Chaos.Proxy.Toxics;

/// <summary>Flips one bit, drawn at random, in every piece of data that passes. TCP's own checksum knows nothing of it, for it is right on either side of the proxy.</summary>
internal sealed class CorruptToxic : Toxic
{
    /// <summary>Either end may by now take the middle of a message for its beginning.</summary>
    public override StreamEnd? EndWhenRemoved => StreamEnd.Close;

    public override async ValueTask<StreamEnd> PipeAsync(ToxicPipe pipe)
    {
        while (await pipe.ReadAsync() is { } chunk)
        {
            await pipe.WriteAsync(Flip(chunk, pipe.Random));
        }

        return pipe.InputEnd;
    }

    private static Chunk Flip(Chunk chunk, Random random)
    {
        byte[] bytes = chunk.Memory.ToArray();
        if (bytes.Length > 0)
        {
            bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
        }

        var flipped = Chunk.CopyOf(bytes, chunk.ArrivedAt);
        chunk.Dispose();
        return flipped;
    }
}
