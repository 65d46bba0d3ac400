namespace Back2Code.Chaos.Proxy.Toxics;

/// <summary>
/// Cuts data into pieces of about <paramref name="averageSize"/> bytes, none longer than that plus <paramref name="sizeVariation"/>, <paramref name="delayMicroseconds"/> apart.
/// </summary>
internal sealed class SlicerToxic(long averageSize, long sizeVariation, long delayMicroseconds) : Toxic
{
    /// <summary>Null, or why there are no pieces of such sizes.</summary>
    public static string? Complaint(IReadOnlyDictionary<string, AttributeValue> attributes) => attributes["size_variation"].Number < attributes["average_size"].Number
        ? null
        : $"attribute 'size_variation' must be less than 'average_size'; they are {attributes["size_variation"]} and {attributes["average_size"]}";

    public override async ValueTask<StreamEnd> PipeAsync(ToxicPipe pipe)
    {
        var apart = TimeSpan.FromMicroseconds(delayMicroseconds);
        var slices = new Slices(averageSize, sizeVariation, pipe.Random);
        while (await pipe.ReadAsync() is { } chunk)
        {
            // Timers know no microseconds: pauses are owed until they are worth waiting for.
            var owed = TimeSpan.Zero;
            slices.Begin(chunk.Length);
            while (slices.TryNext(out int offset, out int length))
            {
                if (owed >= TimeSpan.FromMilliseconds(1))
                {
                    await pipe.DelayAsync(owed);
                    owed = TimeSpan.Zero;
                }

                await pipe.WriteAsync(Chunk.CopyOf(chunk.Memory.Span.Slice(offset, length), chunk.ArrivedAt));
                owed += apart;
            }

            chunk.Dispose();
        }

        return pipe.InputEnd;
    }
}
