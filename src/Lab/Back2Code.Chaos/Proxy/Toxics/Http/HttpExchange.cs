namespace Back2Code.Chaos.Proxy.Toxics.Http;

/// <summary>What the two directions of an HTTP toxic know of each other on one connection. Both run on the connection's one thread.</summary>
internal sealed class HttpExchange
{
    /// <summary>Where the requests stand; kept while the toxic is changed.</summary>
    public HttpRequestReader Requests { get; } = new();

    /// <summary>The answers' pipe, once it runs.</summary>
    public ToxicPipe? Answers { get; set; }

    /// <summary>Counts requests, so that the answers' side sees that another one has begun.</summary>
    public long Number { get; set; }

    /// <summary>The request at hand is one that the toxic means.</summary>
    public bool IsMeant { get; set; }

    /// <summary>The body of the request at hand does not go to the server, which has not seen its head.</summary>
    public bool IsSwallowed { get; set; }
}
