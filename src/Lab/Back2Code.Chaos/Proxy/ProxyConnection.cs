using System.Net.Sockets;

namespace Back2Code.Chaos.Proxy;

/// <summary>A client's connection and ours to the upstream on its behalf: two links, one life.</summary>
internal sealed class ProxyConnection
{
    private readonly FaultProxy _proxy;
    private readonly Socket _client;
    private readonly Socket _server;
    private readonly Link _upstream;
    private readonly Link _downstream;
    private readonly Lock _gate = new();
    private StreamEnd? _endedByToxic;
    private bool _terminated;

    public ProxyConnection(FaultProxy proxy, long id, ulong seed, Socket client, Socket server, TimeProvider time)
    {
        _proxy = proxy;
        _client = client;
        _server = server;
        Id = id;
        Seed = seed;
        OpenedAt = time.GetUtcNow();
        Client = client.RemoteEndPoint?.ToString() ?? "";
        _upstream = new Link(this, StreamDirection.Upstream, client, server, proxy.Upstream, time);
        _downstream = new Link(this, StreamDirection.Downstream, server, client, proxy.Downstream, time);
    }

    public long Id { get; }

    public ulong Seed { get; }

    public DateTimeOffset OpenedAt { get; }

    public string Client { get; }

    public void Apply(IReadOnlyList<ToxicEntry> upstream, IReadOnlyList<ToxicEntry> downstream)
    {
        _upstream.Apply(upstream);
        _downstream.Apply(downstream);
    }

    /// <summary>Carries bytes until both directions have ended or one of the ends, a toxic or the proxy closes it.</summary>
    public async Task RunAsync()
    {
        await Task.WhenAll(_upstream.PumpAsync(), _downstream.PumpAsync(), _upstream.Ended, _downstream.Ended);
        Terminate(reset: false);
    }

    public ConnectionDocument ToDocument() => new()
    {
        Id = Id,
        Client = Client,
        OpenedAt = OpenedAt,
        Toxics = [.. _upstream.ToxicNames(), .. _downstream.ToxicNames()],
    };

    public void MarkEndedByToxic(StreamEnd end)
    {
        lock (_gate)
        {
            _endedByToxic ??= end;
        }
    }

    /// <summary>Closes both sockets, once; with RST when asked.</summary>
    public bool Terminate(bool reset)
    {
        StreamEnd? byToxic;
        lock (_gate)
        {
            if (_terminated)
            {
                return false;
            }

            _terminated = true;
            byToxic = _endedByToxic;
        }

        Close(_client, reset);
        Close(_server, reset);
        _upstream.Abort();
        _downstream.Abort();
        switch (byToxic)
        {
            case StreamEnd.Reset:
                _proxy.Connections.CountReset();
                break;
            case StreamEnd.Close:
                _proxy.Connections.CountCut();
                break;
        }

        return true;
    }

    public void Fail(Exception exception)
    {
        _proxy.LogConnectionFailed(Id, exception);
        Terminate(reset: true);
    }

    private static void Close(Socket socket, bool reset)
    {
        try
        {
            if (reset)
            {
                socket.LingerState = new LingerOption(enable: true, seconds: 0);
            }
            else
            {
                // What was sent still arrives; a close alone would throw it away when the peer has sent something we have not read.
                socket.Shutdown(SocketShutdown.Both);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It is gone already, which is what was wanted.
        }

        socket.Dispose();
    }
}
