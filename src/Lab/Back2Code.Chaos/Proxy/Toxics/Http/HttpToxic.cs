namespace Back2Code.Chaos.Proxy.Toxics.Http;

/// <summary>What becomes of a request that an HTTP toxic means.</summary>
internal enum HttpVerdict
{
    Pass,

    /// <summary>The toxic has answered it; the server does not see it.</summary>
    Answered,

    /// <summary>The connection ends with RST; the server does not see the request.</summary>
    Abort,
}

/// <summary>
/// A toxic that knows HTTP/1: it acts on the requests that it means and lets the rest, and whatever is not HTTP/1, alone. It works on both
/// directions whatever its stream. Clients that send a request before they have the answer to the one before (pipelining) are not served well.
/// </summary>
internal abstract class HttpToxic(HttpMatch match) : Toxic
{
    public sealed override bool IsOnBothStreams => true;

    public sealed override ValueTask<StreamEnd> PipeAsync(ToxicPipe pipe)
    {
        var exchange = pipe.Shared<HttpExchange>();
        if (pipe.Direction == StreamDirection.Upstream)
        {
            return PipeRequestsAsync(pipe, exchange);
        }

        exchange.Answers = pipe;
        return PipeAnswersAsync(pipe, exchange);
    }

    /// <summary>Called for each request that the toxic means, before the server sees it.</summary>
    protected abstract ValueTask<HttpVerdict> JudgeAsync(ToxicPipe pipe, HttpExchange exchange, HttpRequestHead request);

    protected virtual async ValueTask<StreamEnd> PipeAnswersAsync(ToxicPipe pipe, HttpExchange exchange)
    {
        while (await pipe.ReadAsync() is { } chunk)
        {
            await pipe.WriteAsync(chunk);
        }

        return pipe.InputEnd;
    }

    private async ValueTask<StreamEnd> PipeRequestsAsync(ToxicPipe pipe, HttpExchange exchange)
    {
        try
        {
            while (await pipe.ReadAsync() is { } chunk)
            {
                bool goesOn = await PassRequestsAsync(pipe, exchange, chunk);
                chunk.Dispose();
                if (!goesOn)
                {
                    return StreamEnd.Reset;
                }
            }
        }
        catch (OperationCanceledException) when (exchange.IsSwallowed)
        {
            // The rest of the body would reach the server as a request.
            return StreamEnd.Close;
        }
        catch (OperationCanceledException)
        {
            await PassAsync(pipe, exchange.Requests.Stop(), pipe.Time.GetTimestamp());
            throw;
        }

        await PassAsync(pipe, exchange.Requests.Stop(), pipe.Time.GetTimestamp());
        return pipe.InputEnd;
    }

    /// <summary>False when the connection is to be reset.</summary>
    private async ValueTask<bool> PassRequestsAsync(ToxicPipe pipe, HttpExchange exchange, Chunk chunk)
    {
        var requests = exchange.Requests;
        int length;
        for (int offset = 0; offset < chunk.Length; offset += length)
        {
            switch (requests.Next(chunk.Memory.Span[offset..], offset == 0, out length))
            {
                case HttpPart.Other when exchange.IsSwallowed:
                    pipe.Drop(Chunk.CopyOf(chunk.Memory.Span.Slice(offset, length), chunk.ArrivedAt));
                    exchange.IsSwallowed = !requests.IsBetweenRequests;
                    break;
                case HttpPart.Other:
                    await PassAsync(pipe, chunk.Memory.Slice(offset, length), chunk.ArrivedAt);
                    break;
                case HttpPart.Head:
                    byte[] head = requests.TakeHead(out var request);
                    switch (await VerdictAsync(pipe, exchange, request))
                    {
                        case HttpVerdict.Pass:
                            await PassAsync(pipe, head, chunk.ArrivedAt);
                            break;
                        case HttpVerdict.Answered:
                            pipe.Drop(Chunk.CopyOf(head, chunk.ArrivedAt));
                            exchange.IsSwallowed = !requests.IsBetweenRequests;
                            break;
                        case HttpVerdict.Abort:
                            pipe.Drop(Chunk.CopyOf(chunk.Memory.Span[offset..], chunk.ArrivedAt));
                            return false;
                    }

                    break;
            }
        }

        return true;
    }

    private ValueTask<HttpVerdict> VerdictAsync(ToxicPipe pipe, HttpExchange exchange, HttpRequestHead? request)
    {
        exchange.Number++;
        exchange.IsMeant = request is not null && match.Matches(request, pipe.Random);
        return exchange.IsMeant ? JudgeAsync(pipe, exchange, request!) : ValueTask.FromResult(HttpVerdict.Pass);
    }

    private static async ValueTask PassAsync(ToxicPipe pipe, ReadOnlyMemory<byte> bytes, long arrivedAt)
    {
        if (!bytes.IsEmpty)
        {
            await pipe.WriteAsync(Chunk.CopyOf(bytes.Span, arrivedAt));
        }
    }
}
