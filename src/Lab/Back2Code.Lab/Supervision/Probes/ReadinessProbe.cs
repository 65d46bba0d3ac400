using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Back2Code.Lab.Topology;

namespace Back2Code.Lab.Supervision.Probes;

/// <summary>Asks a server whether it can work, in its own protocol: an open port alone says too little.</summary>
internal sealed class ReadinessProbe(ProbeSpec spec, int port, string? secret)
{
    public ProbeSpec Spec { get; } = spec;

    /// <summary>Whether it can work. False also when there is no answer in time.</summary>
    public Task<bool> CheckAsync(CancellationToken cancellationToken) => AskAsync(Question.Ready, cancellationToken);

    /// <summary>
    /// Whether it turns at all: one that is not ready may have good reasons, such as a neighbour that is away. Nor does one hang that refuses, be it for its password, or
    /// because it is full or recovers; to kill it would mend nothing.
    /// </summary>
    public Task<bool> IsAliveAsync(CancellationToken cancellationToken) => AskAsync(Question.Alive, cancellationToken);

    private async Task<bool> AskAsync(Question question, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Spec.Timeout);
        try
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), limit.Token);
            return Spec.Kind switch
            {
                ProbeKind.Http => await AnswersOkAsync(socket, question == Question.Alive ? Spec.Alive ?? Spec.Path : Spec.Path, limit.Token),
                ProbeKind.Postgres => await AnswersStartUpAsync(socket, question == Question.Alive ? "RE" : "R", limit.Token),
                ProbeKind.Redis => question == Question.Alive ? await AnswersAsync(socket, limit.Token) : await AnswersPongAsync(socket, limit.Token),
                ProbeKind.Amqp => await OpensConnectionAsync(socket, limit.Token),
                _ => true,
            };
        }
        catch (SocketException)
        {
            return false;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private async Task<bool> AnswersOkAsync(Socket socket, string? path, CancellationToken cancellationToken)
    {
        var request = $"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n";
        await socket.SendAsync(Encoding.ASCII.GetBytes(request), cancellationToken);

        var status = await ReceiveAsync(socket, "HTTP/1.1 200".Length, cancellationToken);
        return status.StartsWith("HTTP/1.1 200", StringComparison.Ordinal) || status.StartsWith("HTTP/1.0 200", StringComparison.Ordinal);
    }

    /// <summary>A start-up packet of protocol 3.0. The answer is R (authenticate) when it takes connections, E while it recovers (57P03) or has too many (53300).</summary>
    /// <param name="answers">The types of message that will do.</param>
    private static async Task<bool> AnswersStartUpAsync(Socket socket, string answers, CancellationToken cancellationToken)
    {
        var parameters = Encoding.ASCII.GetBytes("user\0back2code\0database\0postgres\0\0");
        byte[] packet = [0, 0, 0, (byte)(8 + parameters.Length), 0, 3, 0, 0, .. parameters];
        await socket.SendAsync(packet, cancellationToken);

        // Type, length of the rest, the rest. It is read to its end: to close on unread bytes would be a reset, which PostgreSQL logs.
        var head = await ReceiveAsync(socket, 5, cancellationToken);
        if (head.Length < 5 || !answers.Contains(head[0], StringComparison.Ordinal))
        {
            return false;
        }

        var rest = BinaryPrimitives.ReadInt32BigEndian(Encoding.Latin1.GetBytes(head[1..])) - 4;
        await ReceiveAsync(socket, Math.Clamp(rest, 0, 1024), cancellationToken);
        return true;
    }

    private async Task<bool> AnswersPongAsync(Socket socket, CancellationToken cancellationToken)
    {
        await socket.SendAsync(RedisRequest(), cancellationToken);
        var expected = secret is null ? "+PONG\r\n" : "+OK\r\n+PONG\r\n";
        return await ReceiveAsync(socket, expected.Length, cancellationToken) == expected;
    }

    /// <summary>Any answer of RESP, also a refusal such as -WRONGPASS or -LOADING.</summary>
    private async Task<bool> AnswersAsync(Socket socket, CancellationToken cancellationToken)
    {
        await socket.SendAsync(RedisRequest(), cancellationToken);
        return await ReceiveAsync(socket, 1, cancellationToken) is "+" or "-";
    }

    private byte[] RedisRequest() => Encoding.ASCII.GetBytes(secret is null ? "PING\r\n" : $"AUTH {secret}\r\nPING\r\n");

    /// <summary>AMQP 0-9-1: the protocol header is answered by Connection.Start (class 10, method 10) once the broker takes connections.</summary>
    private static async Task<bool> OpensConnectionAsync(Socket socket, CancellationToken cancellationToken)
    {
        await socket.SendAsync("AMQP\0\0\u0009\u0001"u8.ToArray(), cancellationToken);
        return (await ReceiveAsync(socket, 11, cancellationToken)).EndsWith("\0\n\0\n", StringComparison.Ordinal);
    }

    private static async Task<string> ReceiveAsync(Socket socket, int length, CancellationToken cancellationToken)
    {
        var buffer = new byte[length];
        var filled = 0;
        while (filled < length)
        {
            var read = await socket.ReceiveAsync(buffer.AsMemory(filled), cancellationToken);
            if (read == 0)
            {
                break;
            }

            filled += read;
        }

        return Encoding.Latin1.GetString(buffer, 0, filled);
    }

    private enum Question
    {
        Ready,
        Alive,
    }
}
