using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Back2Code.Bench.Proxy;

/// <summary>The two ends of a measured connection: blocking threads, which cost least and wait for nothing but the socket.</summary>
internal static class TcpPeers
{
    private const int RequestBytes = 128;
    private const int ResponseBytes = 1024;
    private const int WarmUpRequests = 500;

    public static Socket Listen()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen(512);
        return socket;
    }

    /// <summary>Requests one after the other on one connection; how many microseconds each took, sorted.</summary>
    public static async Task<List<double>> AskAsync(Socket upstream, IPEndPoint address, int requests)
    {
        var answering = RunThread(() => AnswerConnection(upstream));
        var microseconds = await RunThread(() => Ask(address, requests));
        await answering;
        microseconds.Sort();
        return microseconds;
    }

    /// <summary>GB (10^9 bytes) a second over so many connections, from the first byte sent to the last received.</summary>
    public static async Task<double> StreamAsync(Socket sink, IPEndPoint address, int connections, long bytes)
    {
        var accepting = RunThread(() => Enumerable.Range(0, connections).Select(_ => sink.Accept()).ToList());
        var senders = Enumerable.Range(0, connections).Select(_ => Connect(address)).ToList();
        var receivers = await accepting;
        long start = Stopwatch.GetTimestamp();
        var receiving = receivers.Select(s => RunThread(() => Drain(s))).ToList();
        await Task.WhenAll(senders.Select(s => RunThread(() => Fill(s, bytes / connections))));
        long total = (await Task.WhenAll(receiving)).Sum();
        return total == bytes / connections * connections
            ? bytes / 1e9 / Stopwatch.GetElapsedTime(start).TotalSeconds
            : throw new InvalidOperationException($"{bytes - total} of {bytes} bytes were lost");
    }

    private static Socket Connect(IPEndPoint address)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(address);
        return socket;
    }

    private static bool AnswerConnection(Socket listener)
    {
        byte[] request = new byte[RequestBytes];
        byte[] response = new byte[ResponseBytes];
        using var socket = listener.Accept();
        socket.NoDelay = true;
        while (ReceiveAll(socket, request))
        {
            socket.Send(response);
        }

        return true;
    }

    private static List<double> Ask(IPEndPoint address, int requests)
    {
        byte[] request = new byte[RequestBytes];
        byte[] response = new byte[ResponseBytes];
        using var socket = Connect(address);
        List<double> microseconds = new(requests);
        for (int i = 0; i < requests + WarmUpRequests; i++)
        {
            long start = Stopwatch.GetTimestamp();
            socket.Send(request);
            ReceiveAll(socket, response);
            if (i >= WarmUpRequests)
            {
                microseconds.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
            }
        }

        return microseconds;
    }

    private static bool Fill(Socket socket, long bytes)
    {
        byte[] buffer = new byte[256 * 1024];
        for (long left = bytes; left > 0;)
        {
            left -= socket.Send(buffer.AsSpan(0, (int)Math.Min(buffer.Length, left)));
        }

        socket.Dispose();
        return true;
    }

    private static long Drain(Socket socket)
    {
        using (socket)
        {
            byte[] buffer = new byte[256 * 1024];
            long received = 0;
            while (socket.Receive(buffer) is > 0 and int length)
            {
                received += length;
            }

            return received;
        }
    }

    private static bool ReceiveAll(Socket socket, byte[] buffer)
    {
        for (int have = 0; have < buffer.Length;)
        {
            int length = socket.Receive(buffer.AsSpan(have));
            if (length == 0)
            {
                return false;
            }

            have += length;
        }

        return true;
    }

    private static Task<T> RunThread<T>(Func<T> body) =>
        Task.Factory.StartNew(body, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
