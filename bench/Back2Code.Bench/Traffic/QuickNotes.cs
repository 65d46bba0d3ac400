using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Back2Code.Bench.Traffic;

/// <summary>The least that can pass for a notes service: one read and one write on a socket for each request, so that what is measured is the generator.</summary>
internal sealed class QuickNotes : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public QuickNotes()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(1024);
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndPoint!).Port}");
        _ = AcceptAsync();
    }

    public Uri Address { get; }

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await _listener.AcceptAsync());
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed: the bench is over.
        }
    }

    private static async Task ServeAsync(Socket connection)
    {
        using var socket = connection;
        socket.NoDelay = true;
        byte[] buffer = new byte[16 * 1024];
        int filled = 0;
        try
        {
            while (true)
            {
                int length;
                while ((length = RequestLength(buffer.AsSpan(0, filled))) < 0)
                {
                    int read = await socket.ReceiveAsync(buffer.AsMemory(filled));
                    if (read == 0)
                    {
                        return;
                    }

                    filled += read;
                }

                await socket.SendAsync(Answer(Encoding.ASCII.GetString(buffer, 0, length)));
                buffer.AsSpan(length, filled - length).CopyTo(buffer);
                filled -= length;
            }
        }
        catch (SocketException)
        {
            // The generator is gone.
        }
    }

    /// <returns>Bytes of the first whole request, or -1.</returns>
    private static int RequestLength(ReadOnlySpan<byte> received)
    {
        int head = received.IndexOf("\r\n\r\n"u8);
        if (head < 0)
        {
            return -1;
        }

        int field = received[..head].IndexOf("Content-Length: "u8);
        int body = 0;
        if (field >= 0)
        {
            var digits = received[(field + "Content-Length: ".Length)..];
            body = int.Parse(digits[..digits.IndexOf((byte)'\r')], CultureInfo.InvariantCulture);
        }

        return received.Length >= head + 4 + body ? head + 4 + body : -1;
    }

    private static byte[] Answer(string request)
    {
        string method = request[..request.IndexOf(' ', StringComparison.Ordinal)];
        string path = request.Split(' ', 3)[1];
        string id = path.StartsWith("/v1/notes/", StringComparison.Ordinal) ? path["/v1/notes/".Length..] : Guid.CreateVersion7().ToString();
        return method switch
        {
            "DELETE" => "HTTP/1.1 204 No Content\r\n\r\n"u8.ToArray(),
            "POST" => Json("201 Created", Note(id, 1)),
            "PUT" => Json("200 OK", Note(id, 1 + long.Parse(request.AsSpan(request.LastIndexOf("\"version\":", StringComparison.Ordinal) + 10).TrimEnd('}'), CultureInfo.InvariantCulture))),
            // A read may show any version that is not too old.
            _ when path.Contains('?', StringComparison.Ordinal) => Json("200 OK", """{"items":[],"next":null}"""),
            _ => Json("200 OK", Note(id, 1_000_000)),
        };
    }

    private static string Note(string id, long version) =>
        $$"""{"id":"{{id}}","title":"A note","body":"{{new string('x', 300)}}","version":{{version}},"createdAt":"2026-01-02T03:04:05Z","updatedAt":"2026-01-02T03:04:05Z"}""";

    private static byte[] Json(string status, string body) => Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}");
}
