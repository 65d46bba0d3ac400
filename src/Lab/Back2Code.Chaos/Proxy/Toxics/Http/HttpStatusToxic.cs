using System.Text;
using Microsoft.AspNetCore.WebUtilities;

namespace Back2Code.Chaos.Proxy.Toxics.Http;

/// <summary>Answers a request with a status of its own; the server does not see it.</summary>
/// <param name="head">What its head says besides; null for the least.</param>
internal sealed class HttpStatusToxic(HttpMatch match, int status, HttpOwnHead? head = null) : HttpToxic(match)
{
    private const string Body = "answered by the fault proxy\n";

    protected override ValueTask<HttpVerdict> JudgeAsync(ToxicPipe pipe, HttpExchange exchange, HttpRequestHead request)
    {
        // A client that waits for a word before it sends the body may send it or not after this one: only the end of the connection is clear.
        var answer = Chunk.CopyOf(AnswerTo(request, close: request.Expects), pipe.Time.GetTimestamp());
        if (exchange.Answers is not { } answers || !answers.Inject(answer))
        {
            answer.Dispose();
            return ValueTask.FromResult(HttpVerdict.Pass);
        }

        if (request.Expects)
        {
            answers.EndInput(StreamEnd.Close);
        }

        return ValueTask.FromResult(HttpVerdict.Answered);
    }

    private byte[] AnswerTo(HttpRequestHead request, bool close)
    {
        bool mayHaveBody = status is not (204 or 304);
        string type = head?.ContentType is { Length: > 0 } given ? given : "text/plain";
        string length = mayHaveBody ? $"Content-Type: {type}\r\nContent-Length: {Body.Length}\r\n" : "";
        return Encoding.ASCII.GetBytes(
            $"HTTP/1.1 {status} {ReasonPhrases.GetReasonPhrase(status)}\r\n{length}{More()}{(close ? "Connection: close\r\n" : "")}\r\n{(mayHaveBody && request.Method != "HEAD" ? Body : "")}");
    }

    private string More()
    {
        string retry = head?.RetryAfterSeconds is { } seconds ? FormattableString.Invariant($"Retry-After: {seconds}\r\n") : "";
        return head is { PaddingBytes: > 0 and var bytes } ? $"{retry}X-Padding: {new string('x', bytes)}\r\n" : retry;
    }
}

/// <summary>What the head of an answer of the proxy's says besides its status.</summary>
/// <param name="ContentType">Of the body; null or empty for plain text, which it is.</param>
/// <param name="RetryAfterSeconds">Null for none.</param>
/// <param name="PaddingBytes">Of a header that says nothing; 0 for none.</param>
internal sealed record HttpOwnHead(string? ContentType, long? RetryAfterSeconds, int PaddingBytes);
