using System.Net;
using System.Net.Sockets;
using static Back2Code.IntegrationTests.Proxy.ProxyUnderTest;

namespace Back2Code.IntegrationTests.Proxy;

/// <summary>Alone, since it counts what the whole process allocates.</summary>
[CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
[Collection(nameof(AllocationTests))]
public sealed class AllocationTests
{
    [Theory]
    [InlineData(null, 0, 10_000)]
    [InlineData("noop", 0, 10_000)]
    [InlineData("bandwidth", 1_000_000, 10_000)]
    [InlineData("latency", 1, 1_000)]
    public async Task A_chunk_allocates_nothing(string? toxic, long value, int rounds)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        await using var proxy = await StartAsync();
        var link = await proxy.CreateLinkAsync("link", listener.LocalEndPoint!.ToString()!);
        if (toxic is not null)
        {
            await proxy.AddAsync(toxic, "upstream", 1, (toxic == "latency" ? "latency" : "rate", value));
            await proxy.AddAsync(toxic, "downstream", 1, (toxic == "latency" ? "latency" : "rate", value));
        }

        // Blocking from the first call on: a socket that was once asynchronous allocates on every blocking call, and this is not about the peers.
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.Connect(IPEndPoint.Parse(link.Listen));
        using var server = listener.Accept();
        server.NoDelay = true;
        Exchange(client, server, rounds / 5);

        // What a chunk allocates shows in every window. What the runtime allocates once, such as compiling a hot method again, does not.
        long perRound = long.MaxValue;
        for (int window = 0; window < 5 && perRound > 0; window++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            Exchange(client, server, rounds);
            perRound = Math.Min(perRound, (GC.GetTotalAllocatedBytes(precise: true) - before) / rounds);
        }

        // Two chunks a round.
        Assert.True(perRound < 8, $"{perRound} bytes allocated for each request and its answer");
    }

    private static void Exchange(Socket client, Socket server, int rounds)
    {
        byte[] buffer = new byte[64];
        for (int i = 0; i < rounds; i++)
        {
            client.Send(buffer);
            ReceiveAll(server, buffer);
            server.Send(buffer);
            ReceiveAll(client, buffer);
        }
    }

    private static void ReceiveAll(Socket socket, byte[] buffer)
    {
        for (int have = 0; have < buffer.Length;)
        {
            have += socket.Receive(buffer.AsSpan(have));
        }
    }
}
