namespace Back2Code.Chaos.Proxy.Toxics.Http;

/// <summary>Lets <paramref name="bytes"/> bytes of the body of an answer through (as they are on the wire, chunk sizes included), then closes the connection.</summary>
internal sealed class HttpTruncateToxic(HttpMatch match, long bytes) : HttpToxic(match)
{
    protected override ValueTask<HttpVerdict> JudgeAsync(ToxicPipe pipe, HttpExchange exchange, HttpRequestHead request) =>
        ValueTask.FromResult(HttpVerdict.Pass);

    protected override async ValueTask<StreamEnd> PipeAnswersAsync(ToxicPipe pipe, HttpExchange exchange)
    {
        long request = 0;
        var head = new HttpAnswerHead();
        long left = bytes;
        while (await pipe.ReadAsync() is { } chunk)
        {
            if (request != exchange.Number)
            {
                (request, head, left) = (exchange.Number, new HttpAnswerHead(), bytes);
            }

            int allowed = chunk.Length;
            if (exchange.IsMeant)
            {
                int ofHead = head.Take(chunk.Memory.Span);
                allowed = ofHead + (int)Math.Min(chunk.Length - ofHead, left);
                left -= allowed - ofHead;
            }

            if (allowed == chunk.Length)
            {
                await pipe.WriteAsync(chunk);
                continue;
            }

            var rest = Chunk.CopyOf(chunk.Memory.Span[allowed..], chunk.ArrivedAt);
            await pipe.WriteAsync(Chunk.CopyOf(chunk.Memory.Span[..allowed], chunk.ArrivedAt));
            chunk.Dispose();
            pipe.Drop(rest);
            return StreamEnd.Close;
        }

        return pipe.InputEnd;
    }
}

/// <summary>Finds the end of the head of an answer, however it is cut into chunks; interim answers (1xx) belong to the head of the final one.</summary>
internal sealed class HttpAnswerHead
{
    private const int StatusAt = 9;

    private int _matched;
    private int _at;
    private bool _isInterim;
    private bool _isOver;

    /// <summary>How many of these bytes belong to the head.</summary>
    public int Take(ReadOnlySpan<byte> bytes)
    {
        int taken = 0;
        while (taken < bytes.Length && !_isOver)
        {
            byte value = bytes[taken++];

            // "HTTP/1.1 200": the first digit of the status says whether another answer follows.
            _isInterim = _at++ == StatusAt ? value == '1' : _isInterim;
            _matched = value switch
            {
                (byte)'\r' => _matched is 0 or 2 ? _matched + 1 : 1,
                (byte)'\n' when _matched is 1 or 3 => _matched + 1,
                _ => 0,
            };
            if (_matched == 4)
            {
                _isOver = !_isInterim;
                (_matched, _at) = (0, 0);
            }
        }

        return taken;
    }
}
