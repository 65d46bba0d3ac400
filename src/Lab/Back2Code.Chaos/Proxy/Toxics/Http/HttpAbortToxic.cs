namespace Back2Code.Chaos.Proxy.Toxics.Http;

/// <summary>Resets the connection instead of passing a request on.</summary>
internal sealed class HttpAbortToxic(HttpMatch match) : HttpToxic(match)
{
    protected override ValueTask<HttpVerdict> JudgeAsync(ToxicPipe pipe, HttpExchange exchange, HttpRequestHead request) =>
        ValueTask.FromResult(HttpVerdict.Abort);
}
