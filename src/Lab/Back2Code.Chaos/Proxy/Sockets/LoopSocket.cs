using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Back2Code.Chaos.Proxy.Sockets;

/// <summary>
/// A non-blocking TCP socket whose readiness comes from a <see cref="SocketLoop"/>. The framework's own asynchronous calls are not used on it: they hand
/// every completion to the thread pool, which costs a wake-up for each chunk and makes the API wait behind the traffic.
/// </summary>
internal sealed class LoopSocket : IDisposable
{
    private const int InProgress = 115;

    private readonly Socket _socket;
    private readonly SocketLoop _loop;
    private readonly int _descriptor;
    private readonly int[] _event;
    private volatile bool _peerEnded;

    /// <summary>Takes over a socket that is connected or about to be.</summary>
    public LoopSocket(Socket socket, SocketLoop loop)
    {
        _socket = socket;
        _loop = loop;
        socket.Blocking = false;
        socket.NoDelay = true;
        _descriptor = (int)socket.SafeHandle.DangerousGetHandle();
        _event = Epoll.EventOf(_descriptor);
        Readable = new Readiness(loop);
        Writable = new Readiness(loop);
        loop.Add(_descriptor, this);
    }

    public Readiness Readable { get; }

    public Readiness Writable { get; }

    /// <exception cref="SocketException">Nobody answers there.</exception>
    public static async Task<LoopSocket> ConnectAsync(IPEndPoint address, SocketLoop loop, CancellationToken cancellationToken)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
        LoopSocket? connecting = null;
        try
        {
            // The framework's Connect would throw here each time, to say that it takes a while.
            var bytes = address.Serialize();
            int error = connect(socket.SafeHandle, bytes.Buffer.ToArray(), bytes.Size) == 0 ? 0 : Marshal.GetLastPInvokeError();
            connecting = new LoopSocket(socket, loop);
            if (error == InProgress)
            {
                await connecting.Writable.WaitAsync().AsTask().WaitAsync(cancellationToken);
                error = (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)!;
            }

            return error == 0 ? connecting : throw new SocketException(error);
        }
        catch
        {
            connecting?.Dispose();
            socket.Dispose();
            throw;
        }
    }

    /// <summary>How many bytes came, 0 at the end of the stream, -1 when there are none yet: wait for <see cref="Readable"/>.</summary>
    public int Receive(Span<byte> buffer)
    {
        int length = _socket.Receive(buffer, SocketFlags.None, out var error);
        if (error == SocketError.WouldBlock)
        {
            return -1;
        }

        if (error != SocketError.Success)
        {
            throw new SocketException((int)error);
        }

        // A short read has emptied the socket and the next bytes signal anew; a full one has perhaps not, nor has a FIN that came with these bytes
        // and was signalled with them. Then the others that are ready come first.
        if (length == buffer.Length || (_peerEnded && length > 0))
        {
            _loop.Rearm(_descriptor, _event);
        }

        return length;
    }

    /// <summary>How many bytes it took; fewer than given when it is full: wait for <see cref="Writable"/>.</summary>
    public int Send(ReadOnlySpan<byte> bytes)
    {
        int length = _socket.Send(bytes, SocketFlags.None, out var error);
        return error switch
        {
            SocketError.Success => length,
            SocketError.WouldBlock => 0,
            _ => throw new SocketException((int)error),
        };
    }

    /// <summary>Says that nothing more will be sent.</summary>
    public void ShutdownSend() => _socket.Shutdown(SocketShutdown.Send);

    public string RemoteAddress() => _socket.RemoteEndPoint?.ToString() ?? "";

    /// <summary>Closes with RST, or in order.</summary>
    public void Close(bool reset)
    {
        try
        {
            if (reset)
            {
                _socket.LingerState = new LingerOption(enable: true, seconds: 0);
            }
            else
            {
                // What was sent still arrives; a close alone would throw it away when the peer has sent something we have not read.
                _socket.Shutdown(SocketShutdown.Both);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It is gone already, which is what was wanted.
        }

        Dispose();
    }

    public void Dispose()
    {
        _loop.Forget(_descriptor, this);
        _socket.Dispose();

        // Whoever waits learns it from the call that follows.
        Readable.Signal();
        Writable.Signal();
    }

    /// <summary>Called by the loop: whatever waited goes on at once, on the loop's thread.</summary>
    public void OnEvent(int flags)
    {
        const int Failed = Epoll.Error | Epoll.HangUp;
        if ((flags & Epoll.PeerEnded) != 0)
        {
            _peerEnded = true;
        }

        if ((flags & (Epoll.Out | Failed)) != 0)
        {
            Writable.Open();
        }

        if ((flags & (Epoll.In | Epoll.PeerEnded | Failed)) != 0)
        {
            Readable.Open();
        }
    }

#pragma warning disable SYSLIB1054, CA5392, IDE1006 // LibraryImport would need unsafe code; the C library is always found; the name is the C library's.
    [DllImport("libc", SetLastError = true)]
    private static extern int connect(SafeSocketHandle socket, byte[] address, int length);
#pragma warning restore SYSLIB1054, CA5392, IDE1006
}
