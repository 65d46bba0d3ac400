using Back2Code.Chaos.Proxy.Sockets;

namespace Back2Code.Chaos.Proxy;

/// <summary>A client's connection and ours to the upstream on its behalf: two links, one life.</summary>
internal sealed class ProxyConnection
{
    private readonly FaultProxy _proxy;
    private readonly LoopSocket _client;
    private readonly LoopSocket _server;
    private readonly Link _upstream;
    private readonly Link _downstream;
    private readonly Lock _gate = new();
    private readonly Dictionary<long, object> _shared = [];
    private StreamEnd? _endedByToxic;
    private bool _terminated;

    public ProxyConnection(FaultProxy proxy, long id, ulong seed, LoopSocket client, LoopSocket server, SocketLoop loop, TimeProvider time)
    {
        _proxy = proxy;
        _client = client;
        _server = server;
        Id = id;
        Seed = seed;
        OpenedAt = time.GetUtcNow();
        Client = client.RemoteAddress();
        _upstream = new Link(this, StreamDirection.Upstream, client, server, proxy.Upstream, loop, time);
        _downstream = new Link(this, StreamDirection.Downstream, server, client, proxy.Downstream, loop, time);
    }

    public long Id { get; }

    public ulong Seed { get; }

    public DateTimeOffset OpenedAt { get; }

    public string Client { get; }

    public void Apply(IReadOnlyList<ToxicEntry> upstream, IReadOnlyList<ToxicEntry> downstream)
    {
        // A toxic on both directions prepares for answers before it sees a request.
        _downstream.Apply(downstream);
        _upstream.Apply(upstream);
    }

    /// <summary>What the two directions of a toxic share on this connection.</summary>
    public T Shared<T>(long toxic)
        where T : class, new()
    {
        lock (_gate)
        {
            if (!_shared.TryGetValue(toxic, out object? shared))
            {
                _shared[toxic] = shared = new T();
            }

            return (T)shared;
        }
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
        Toxics = [.. _upstream.ToxicNames().Union(_downstream.ToxicNames())],
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

        _client.Close(reset);
        _server.Close(reset);
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
}
