using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Back2Code.Chaos.Proxy;

namespace Back2Code.Bench.Proxy;

/// <summary>
/// What a link costs: the time the fault proxy adds to a request, and the bytes a second it passes on one connection. Direct and proxied take turns in
/// the same run, so that a busy machine hurts both. The peers are blocking threads in this process; the proxy is a process of its own.
/// </summary>
public static class ProxyBench
{
    private const int RequestBytes = 128;
    private const int ResponseBytes = 1024;
    private const int Rounds = 5;
    private const double AllowedAddedMicroseconds = 100;
    private const double RequiredGigabytesPerSecond = 1;

    /// <summary>Prints the figures; 1 when a limit is missed.</summary>
    public static async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        int requests = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 10_000;
        long streamBytes = args.Length > 1 ? long.Parse(args[1], CultureInfo.InvariantCulture) : 2_000_000_000;
        await using var proxy = await ToxiproxyProcess.StartAsync(cancellationToken);
        using var http = new HttpClient { BaseAddress = proxy.Address };
        var client = new ToxiproxyClient(http);

        bool latencyMet = await MeasureRequestsAsync(client, requests, cancellationToken);
        bool throughputMet = await MeasureStreamAsync(client, proxy, streamBytes, cancellationToken);
        Console.WriteLine($"proxy  memory          {proxy.WorkingSetBytes / 1e6,10:0.0} MB resident after the runs");
        return latencyMet && throughputMet ? 0 : 1;
    }

    private static async Task<bool> MeasureRequestsAsync(ToxiproxyClient client, int requests, CancellationToken cancellationToken)
    {
        using var upstream = Listen();
        var answering = RunThread(() => AnswerConnections(upstream, connections: 2 * Rounds));
        var link = await client.CreateAsync(
            new ProxyDocument { Name = "requests", Listen = "127.0.0.1:0", Upstream = upstream.LocalEndPoint!.ToString()! }, cancellationToken);
        List<double> direct = [];
        List<double> proxied = [];
        for (int round = 0; round < Rounds; round++)
        {
            direct.AddRange(await RunThread(() => Ask((IPEndPoint)upstream.LocalEndPoint!, requests / Rounds)));
            proxied.AddRange(await RunThread(() => Ask(IPEndPoint.Parse(link.Listen), requests / Rounds)));
        }

        await answering;
        direct.Sort();
        proxied.Sort();
        double added = Percentile(proxied, 0.5) - Percentile(direct, 0.5);
        Console.WriteLine($"proxy  request p50     {Percentile(direct, 0.5),10:0.0} us direct {Percentile(proxied, 0.5),10:0.0} us proxied   +{added:0.0} us   ratio {Percentile(proxied, 0.5) / Percentile(direct, 0.5):0.00}");
        Console.WriteLine($"proxy  request p99     {Percentile(direct, 0.99),10:0.0} us direct {Percentile(proxied, 0.99),10:0.0} us proxied   +{Percentile(proxied, 0.99) - Percentile(direct, 0.99):0.0} us");
        return Report("added at the median", added, "us", added <= AllowedAddedMicroseconds, $"at most {AllowedAddedMicroseconds}");
    }

    private static async Task<bool> MeasureStreamAsync(ToxiproxyClient client, ToxiproxyProcess proxy, long bytes, CancellationToken cancellationToken)
    {
        using var sink = Listen();
        var link = await client.CreateAsync(
            new ProxyDocument { Name = "stream", Listen = "127.0.0.1:0", Upstream = sink.LocalEndPoint!.ToString()! }, cancellationToken);
        List<double> direct = [];
        List<double> proxied = [];
        var processor = TimeSpan.Zero;
        for (int round = 0; round < Rounds; round++)
        {
            direct.Add(await StreamAsync(sink, (IPEndPoint)sink.LocalEndPoint!, bytes));
            var before = proxy.ProcessorTime;
            proxied.Add(await StreamAsync(sink, IPEndPoint.Parse(link.Listen), bytes));
            processor += proxy.ProcessorTime - before;
        }

        direct.Sort();
        proxied.Sort();
        double directRate = Percentile(direct, 0.5);
        double proxiedRate = Percentile(proxied, 0.5);
        Console.WriteLine($"proxy  one connection  {directRate,10:0.00} GB/s direct {proxiedRate,8:0.00} GB/s proxied   ratio {proxiedRate / directRate:0.00}   (proxied runs {string.Join(" ", proxied.Select(p => p.ToString("0.00", CultureInfo.InvariantCulture)))})");
        Console.WriteLine($"proxy  processor       {processor.TotalSeconds / (Rounds * bytes / 1e9),10:0.00} s of proxy time for each GB");
        return Report("on one connection", proxiedRate, "GB/s", proxiedRate >= RequiredGigabytesPerSecond, $"at least {RequiredGigabytesPerSecond}");
    }

    private static bool Report(string what, double value, string unit, bool met, string limit)
    {
        Console.WriteLine($"proxy  {what}: {value:0.00} {unit}, {limit} {unit} allowed: {(met ? "met" : "MISSED")}");
        return met;
    }

    private static double Percentile(List<double> sorted, double p) => sorted[(int)(p * (sorted.Count - 1))];

    private static Socket Listen()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen();
        return socket;
    }

    private static Socket Connect(IPEndPoint address)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(address);
        return socket;
    }

    private static void AnswerConnections(Socket listener, int connections)
    {
        byte[] request = new byte[RequestBytes];
        byte[] response = new byte[ResponseBytes];
        for (int i = 0; i < connections; i++)
        {
            using var socket = listener.Accept();
            socket.NoDelay = true;
            while (ReceiveAll(socket, request))
            {
                socket.Send(response);
            }
        }
    }

    private static List<double> Ask(IPEndPoint address, int requests)
    {
        const int WarmUp = 500;
        byte[] request = new byte[RequestBytes];
        byte[] response = new byte[ResponseBytes];
        using var socket = Connect(address);
        List<double> microseconds = new(requests);
        for (int i = 0; i < requests + WarmUp; i++)
        {
            long start = Stopwatch.GetTimestamp();
            socket.Send(request);
            ReceiveAll(socket, response);
            if (i >= WarmUp)
            {
                microseconds.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
            }
        }

        return microseconds;
    }

    /// <summary>GB (10^9 bytes) a second from the first byte sent to the last received.</summary>
    private static async Task<double> StreamAsync(Socket sink, IPEndPoint address, long bytes)
    {
        var receiving = RunThread(() =>
        {
            using var socket = sink.Accept();
            byte[] buffer = new byte[256 * 1024];
            long received = 0;
            while (socket.Receive(buffer) is > 0 and int length)
            {
                received += length;
            }

            return received;
        });
        long start = Stopwatch.GetTimestamp();
        await RunThread(() =>
        {
            using var socket = Connect(address);
            byte[] buffer = new byte[256 * 1024];
            for (long left = bytes; left > 0;)
            {
                left -= socket.Send(buffer.AsSpan(0, (int)Math.Min(buffer.Length, left)));
            }

            return true;
        });
        long total = await receiving;
        return total == bytes
            ? bytes / 1e9 / Stopwatch.GetElapsedTime(start).TotalSeconds
            : throw new InvalidOperationException($"{bytes - total} of {bytes} bytes were lost");
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

    private static Task<bool> RunThread(Action body) => RunThread(() =>
    {
        body();
        return true;
    });

    private static Task<T> RunThread<T>(Func<T> body) =>
        Task.Factory.StartNew(body, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
