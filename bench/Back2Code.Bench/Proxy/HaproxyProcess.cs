using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Back2Code.Bench.Proxy;

/// <summary>HAProxy in TCP mode with its defaults, a listener for each upstream: what a good proxy costs on this machine.</summary>
internal sealed class HaproxyProcess : IAsyncDisposable
{
    private readonly string _configuration;

    private HaproxyProcess(Process process, string configuration, IReadOnlyList<IPEndPoint> listens)
    {
        Process = process;
        _configuration = configuration;
        Listens = listens;
    }

    public Process Process { get; }

    public IReadOnlyList<IPEndPoint> Listens { get; }

    public static async Task<HaproxyProcess> StartAsync(IReadOnlyList<string> upstreams, CancellationToken cancellationToken)
    {
        List<IPEndPoint> listens = [.. upstreams.Select(_ => FreeAddress())];
        var alive = FreeAddress();
        var text = new StringBuilder("""
            global
                maxconn 1000
            defaults
                mode tcp
                timeout connect 5s
                timeout client 1m
                timeout server 1m

            """);
        text.AppendLine().AppendLine($"frontend alive\n    bind {alive}");
        for (int i = 0; i < upstreams.Count; i++)
        {
            text.AppendLine($"listen link{i}\n    bind {listens[i]}\n    server upstream {upstreams[i]}");
        }

        string configuration = Path.GetTempFileName();
        await File.WriteAllTextAsync(configuration, text.ToString(), cancellationToken);
        string program = File.Exists("/usr/sbin/haproxy") ? "/usr/sbin/haproxy" : "haproxy";
        var process = Process.Start(new ProcessStartInfo(program, ["-db", "-q", "-f", configuration]))!;
        while (!await AnswersAsync(alive, cancellationToken))
        {
            if (process.HasExited)
            {
                throw new InvalidOperationException($"haproxy ended with {process.ExitCode} before it was ready");
            }

            await Task.Delay(10, cancellationToken);
        }

        return new HaproxyProcess(process, configuration, listens);
    }

    public async ValueTask DisposeAsync()
    {
        Process.Kill();
        await Process.WaitForExitAsync();
        Process.Dispose();
        File.Delete(_configuration);
    }

    private static async Task<bool> AnswersAsync(IPEndPoint address, CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(address, cancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static IPEndPoint FreeAddress()
    {
        using var socket = TcpPeers.Listen();
        return (IPEndPoint)socket.LocalEndPoint!;
    }
}
