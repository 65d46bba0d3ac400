using System.Text;
using Microsoft.AspNetCore.WebUtilities;

namespace Back2Code.Chaos.Proxy.Toxics.Http;

/// <summary>Answers a request with a status of its own; the server does not see it.</summary>
internal sealed class HttpStatusToxic(HttpMatch match, int status) : HttpToxic(match)
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
        string length = mayHaveBody ? $"Content-Type: text/plain\r\nContent-Length: {Body.Length}\r\n" : "";
        return Encoding.ASCII.GetBytes(
            $"HTTP/1.1 {status} {ReasonPhrases.GetReasonPhrase(status)}\r\n{length}{(close ? "Connection: close\r\n" : "")}\r\n{(mayHaveBody && request.Method != "HEAD" ? Body : "")}");
    }
}
