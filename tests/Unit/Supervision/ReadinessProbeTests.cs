using System.Net;
using System.Net.Sockets;
using System.Text;
using Back2Code.Lab.Supervision.Probes;
using Back2Code.Lab.Topology;

namespace Back2Code.UnitTests.Supervision;

/// <summary>What counts as ready, and what as alive: a server that refuses is not to be killed for it.</summary>
public sealed class ReadinessProbeTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Redis", "+OK\r\n+PONG\r\n", true, true)]
    [InlineData("Redis", "-WRONGPASS invalid username-password pair or user is disabled.\r\n-NOAUTH Authentication required.\r\n", false, true)]
    [InlineData("Redis", "-LOADING Redis is loading the dataset in memory\r\n", false, true)]
    [InlineData("Redis", "HTTP/1.1 400 Bad Request\r\n\r\n", false, false)]
    [InlineData("Postgres", "R\0\0\0\u0008\0\0\0\u0003", true, true)]
    [InlineData("Postgres", "E\0\0\0\u0006S\0", false, true)]
    [InlineData("Redis", "", false, false)]
    public async Task An_answer_says_whether_it_can_work_and_whether_it_turns_at_all(string kind, string answer, bool ready, bool alive)
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var serving = ServeAsync(server, answer);
        var probe = new ReadinessProbe(
            new ProbeSpec(Enum.Parse<ProbeKind>(kind), "", null, null, null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(500)), ((IPEndPoint)server.LocalEndpoint).Port, "secret");

        Assert.Equal(ready, await probe.CheckAsync(Cancellation));
        Assert.Equal(alive, await probe.IsAliveAsync(Cancellation));

        server.Stop();
        await serving;
    }

    /// <summary>Gives every connection the same answer; none at all where it is empty, as a process does that stands still.</summary>
    private static async Task ServeAsync(TcpListener server, string answer)
    {
        List<TcpClient> clients = [];
        try
        {
            while (true)
            {
                var client = await server.AcceptTcpClientAsync(Cancellation);
                clients.Add(client);
                await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(answer), Cancellation);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // Stopped while it waited, or just before it would have waited again.
        }

        clients.ForEach(c => c.Dispose());
    }
}
