using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Back2Code.IntegrationTests.Identity.HostileRequests;

/// <summary>Requests and answers as bytes: no client library cleans them up on the way. Each character of a request is one byte.</summary>
internal static class RawHttp
{
    public const string FormType = "application/x-www-form-urlencoded";

    public static string Get(string target, params string[] headers) => Head("GET", target, headers) + "\r\n";

    public static string Form(string target, string body, params string[] headers) => Post(target, FormType, body, headers);

    public static string Post(string target, string contentType, string body, params string[] headers) =>
        Head("POST", target, [.. headers, $"Content-Type: {contentType}", $"Content-Length: {body.Length.ToString(CultureInfo.InvariantCulture)}"]) + "\r\n" + body;

    public static string Head(string method, string target, IEnumerable<string> headers)
    {
        List<string> lines = [.. headers];
        if (!lines.Exists(static line => line.StartsWith("Host:", StringComparison.OrdinalIgnoreCase)))
        {
            lines.Add("Host: 127.0.0.1");
        }

        return $"{method} {target} HTTP/1.1\r\nConnection: close\r\n{string.Concat(lines.Select(static line => line + "\r\n"))}";
    }

    public static string Encode(string text) => Uri.EscapeDataString(text);

    public static async Task<RawAnswer> SendAsync(Uri address, string request, CancellationToken cancellationToken)
    {
        using TcpClient tcp = new();
        await tcp.ConnectAsync(address.Host, address.Port, cancellationToken);
        await using var stream = tcp.GetStream();
        try
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(request), cancellationToken);
        }
        catch (IOException)
        {
            // Refused before it was read to its end; the answer is there.
        }

        using MemoryStream answer = new();
        try
        {
            await stream.CopyToAsync(answer, cancellationToken);
        }
        catch (IOException) when (answer.Length > 0)
        {
            // What was sent and not read resets the connection behind the answer.
        }

        return RawAnswer.Parse(Encoding.UTF8.GetString(answer.ToArray()));
    }
}

/// <param name="Headers">As they were sent, in order.</param>
internal sealed record RawAnswer(int Status, IReadOnlyList<(string Name, string Value)> Headers, string Body)
{
    public string? Header(string name) => Headers.FirstOrDefault(header => header.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;

    public static RawAnswer Parse(string text)
    {
        int end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        Assert.True(end > 0, $"No answer of HTTP: '{text}'");
        string[] lines = text[..end].Split("\r\n");
        return new(
            int.Parse(lines[0].Split(' ')[1], CultureInfo.InvariantCulture),
            [.. lines[1..].Select(static line => (line.Split(':')[0], line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim()))],
            text[(end + 4)..]);
    }
}
