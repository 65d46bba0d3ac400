using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Back2Code.Chaos.Faults.Links;

/// <summary>How one small exchange through a link went.</summary>
internal enum ProbeOutcome
{
    Answered,
    Refused,
    Reset,

    /// <summary>Closed without an answer.</summary>
    Closed,

    /// <summary>No answer within the patience.</summary>
    Silent,
}

internal readonly record struct ProbeResult(ProbeOutcome Outcome, TimeSpan Elapsed);

/// <summary>
/// Opens a connection through a link and asks for the smallest thing its server answers without a password. That makes a fault visible on a link that
/// happens to be idle, and measures it from the client's side, independent of what the proxy says about itself.
/// </summary>
internal static class LinkProbe
{
    public static async Task<ProbeResult> AskAsync(string link, string listen, TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var timer = time.CreateTimer(_ => limit.Cancel(), null, patience, Timeout.InfiniteTimeSpan);
        long start = Stopwatch.GetTimestamp();
        var outcome = ProbeOutcome.Refused;
        try
        {
            var address = IPEndPoint.Parse(listen);
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(address, limit.Token);
            outcome = ProbeOutcome.Reset;
            await socket.SendAsync(QuestionFor(link), SocketFlags.None, limit.Token);
            byte[] answer = new byte[1];
            outcome = await socket.ReceiveAsync(answer, SocketFlags.None, limit.Token) > 0 ? ProbeOutcome.Answered : ProbeOutcome.Closed;
        }
        catch (SocketException)
        {
            // Before the connection stood: refused. After: reset.
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            outcome = ProbeOutcome.Silent;
        }

        return new ProbeResult(outcome, Stopwatch.GetElapsedTime(start));
    }

    /// <summary>Opens a connection, says nothing, closes its half, and waits for the server to close the other.</summary>
    public static async Task<ProbeResult> CloseAsync(string listen, TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var timer = time.CreateTimer(_ => limit.Cancel(), null, patience, Timeout.InfiniteTimeSpan);
        long start = Stopwatch.GetTimestamp();
        var outcome = ProbeOutcome.Refused;
        try
        {
            var address = IPEndPoint.Parse(listen);
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(address, limit.Token);
            outcome = ProbeOutcome.Reset;
            socket.Shutdown(SocketShutdown.Send);
            start = Stopwatch.GetTimestamp();
            byte[] rest = new byte[256];
            while (await socket.ReceiveAsync(rest, SocketFlags.None, limit.Token) > 0)
            {
                // A last word, such as an error.
            }

            outcome = ProbeOutcome.Closed;
        }
        catch (SocketException)
        {
            // Before the connection stood: refused. After: reset.
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            outcome = ProbeOutcome.Silent;
        }

        return new ProbeResult(outcome, Stopwatch.GetElapsedTime(start));
    }

    private static byte[] QuestionFor(string link) => link[(link.LastIndexOf("-to-", StringComparison.Ordinal) + "-to-".Length)..] switch
    {
        // SSLRequest (PostgreSQL protocol 3.0, 55.7): answered with one byte, S or N.
        "postgres" => [0, 0, 0, 8, 0x04, 0xD2, 0x16, 0x2F],

        // PONG, or that a password is needed.
        "redis" => "PING\r\n"u8.ToArray(),

        // AMQP 0-9-1 protocol header: answered with Connection.Start.
        "rabbitmq" => [.. "AMQP"u8, 0, 0, 9, 1],

        // Any status will do.
        _ => Encoding.ASCII.GetBytes("HEAD / HTTP/1.1\r\nHost: probe\r\nConnection: close\r\n\r\n"),
    };
}
