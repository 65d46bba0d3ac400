using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Back2Code.IntegrationTests.Proxy;

/// <summary>A real TCP server on a free port whose connections the test scripts; by default it sends back what it gets.</summary>
internal sealed class Upstream : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly ConcurrentBag<Socket> _accepted = [];
    private readonly Func<Socket, Task> _serve;
    private readonly Task _accepting;

    public Upstream(Func<Socket, Task>? serve = null)
    {
        _serve = serve ?? EchoAsync;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        Address = _listener.LocalEndPoint!.ToString()!;
        _accepting = AcceptAsync();
    }

    public string Address { get; }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
        foreach (var socket in _accepted)
        {
            socket.Dispose();
        }
    }

    public static async Task EchoAsync(Socket socket)
    {
        byte[] buffer = new byte[64 * 1024];
        while (await socket.ReceiveAsync(buffer) is > 0 and int length)
        {
            await socket.SendAsync(buffer.AsMemory(0, length));
        }

        socket.Shutdown(SocketShutdown.Send);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptAsync();
                socket.NoDelay = true;
                _accepted.Add(socket);
                _ = ServeAsync(socket);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            await _serve(socket);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The test ended the connection.
        }
    }
}
