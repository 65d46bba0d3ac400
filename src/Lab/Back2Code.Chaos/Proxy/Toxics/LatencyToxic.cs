namespace Back2Code.Chaos.Proxy.Toxics;

/// <summary>
/// Delays every chunk by <paramref name="latencyMs"/> ± a uniform draw up to <paramref name="jitterMs"/>, counted from its arrival:
/// delays do not add up behind one another, and a chunk never overtakes the one before it.
/// </summary>
internal sealed class LatencyToxic(long latencyMs, long jitterMs) : Toxic
{
    public override async ValueTask<StreamEnd> PipeAsync(ToxicPipe pipe)
    {
        while (await pipe.ReadAsync() is { } chunk)
        {
            double delayMs = latencyMs + (jitterMs * ((2 * pipe.Random.NextDouble()) - 1));
            var spent = pipe.Time.GetElapsedTime(chunk.ArrivedAt);
            await pipe.DelayAsync(TimeSpan.FromMilliseconds(delayMs) - spent);
            await pipe.WriteAsync(chunk);
        }

        return pipe.InputEnd;
    }
}
