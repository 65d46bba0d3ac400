namespace Back2Code.Chaos.Proxy.Toxics.Http;

/// <summary>Holds a request back for <paramref name="delayMs"/> ± a uniform draw up to <paramref name="jitterMs"/> before the server sees it.</summary>
internal sealed class HttpDelayToxic(HttpMatch match, long delayMs, long jitterMs) : HttpToxic(match)
{
    protected override async ValueTask<HttpVerdict> JudgeAsync(ToxicPipe pipe, HttpExchange exchange, HttpRequestHead request)
    {
        double milliseconds = delayMs + (jitterMs * ((2 * pipe.Random.NextDouble()) - 1));
        await pipe.DelayAsync(TimeSpan.FromMilliseconds(Math.Max(0, milliseconds)));
        return HttpVerdict.Pass;
    }
}
