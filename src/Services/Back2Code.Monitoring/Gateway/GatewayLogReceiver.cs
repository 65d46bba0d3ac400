using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace Back2Code.Monitoring.Gateway;

/// <summary>Receives the gateway's log over UDP (syslog), on the loopback address only.</summary>
internal sealed partial class GatewayLogReceiver(
    GatewayMetrics metrics, IOptions<MonitoringOptions> options, TimeProvider time, ILogger<GatewayLogReceiver> logger) : BackgroundService
{
    // A second of 5,000 requests at 200 bytes each; the kernel may grant less.
    private const int BufferBytes = 1 << 20;
    private static readonly TimeSpan BindAgainAfter = TimeSpan.FromSeconds(1);

    private readonly TaskCompletionSource<int> _port = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The port, once it is bound: with 0 in the settings, the system picks one.</summary>
    public Task<int> Port => _port.Task;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.GatewayLogPort is not { } port)
        {
            return;
        }

        metrics.Introduce();

        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ReceiveAsync(port, stoppingToken);
            }
            catch (SocketException e)
            {
                // The port may still be held by our predecessor. Latency is not measured meanwhile; everything else works.
                Log.NotReceiving(logger, port, e.Message);
                await Task.Delay(BindAgainAfter, time, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async Task ReceiveAsync(int port, CancellationToken stoppingToken)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = BufferBytes };
        socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
        int bound = ((IPEndPoint)socket.LocalEndPoint!).Port;
        Log.Receiving(logger, bound);
        _port.TrySetResult(bound);

        byte[] buffer = GC.AllocateUninitializedArray<byte>(ushort.MaxValue, pinned: true);
        while (true)
        {
            int length = await socket.ReceiveAsync(buffer.AsMemory(), SocketFlags.None, stoppingToken);
            metrics.Count(buffer.AsSpan(0, length));
        }
    }

    private static partial class Log
    {
        [LoggerMessage(5401, LogLevel.Information, "Receiving the gateway's log on UDP port {Port}", EventName = "GatewayLogReceiving")]
        public static partial void Receiving(ILogger logger, int port);

        [LoggerMessage(5402, LogLevel.Error, "The gateway's log cannot be received on UDP port {Port}: {Reason}", EventName = "GatewayLogNotReceiving")]
        public static partial void NotReceiving(ILogger logger, int port, string reason);
    }
}
