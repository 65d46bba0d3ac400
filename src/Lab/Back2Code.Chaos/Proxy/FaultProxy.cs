using System.Net;
using System.Net.Sockets;
using Back2Code.Chaos.Proxy.Sockets;
using Back2Code.Chaos.Proxy.Toxics;
using Microsoft.Extensions.Logging;

namespace Back2Code.Chaos.Proxy;

/// <summary>
/// One proxy: a listener, the upstream it stands for, its toxics and its live connections. Starting and stopping take turns; toxics change under a
/// lock that is held for as long as it takes to walk the connections, never for traffic.
/// </summary>
internal sealed partial class FaultProxy : IAsyncDisposable
{
    /// <summary>Above this, clients are turned away: each connection costs two sockets and two buffers.</summary>
    public const int MaxConnections = 4096;

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    private readonly ulong _seed;
    private readonly SocketLoops _loops;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Lock _gate = new();
    private readonly HashSet<ProxyConnection> _connections = [];
    private List<ToxicEntry> _toxics = [];
    private Listening? _listening;
    private long _lastConnection;
    private long _lastToxic;
    private int _held;

    public FaultProxy(string name, string listen, string upstream, ulong seed, SocketLoops loops, TimeProvider time, ILogger logger)
    {
        Name = name;
        Listen = listen;
        UpstreamAddress = upstream;
        _seed = Seeds.Combine(seed, Seeds.Of(name));
        _loops = loops;
        _time = time;
        _logger = logger;
    }

    public string Name { get; }

    /// <summary>As asked for, and the bound address once it has listened.</summary>
    public string Listen { get; private set; }

    public string UpstreamAddress { get; private set; }

    public bool Enabled => _listening is not null;

    public StreamCounters Upstream { get; } = new();

    public StreamCounters Downstream { get; } = new();

    public ConnectionCounters Connections { get; } = new();

    public int OpenConnections
    {
        get
        {
            lock (_gate)
            {
                return _connections.Count;
            }
        }
    }

    /// <summary>Enables or disables, and moves to other addresses; a move drops the connections. Null leaves a value as it is.</summary>
    /// <exception cref="ToxiproxyApiException">The address cannot be bound; the proxy is left disabled.</exception>
    public async Task UpdateAsync(string? listen, string? upstream, bool? enabled, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            bool start = enabled ?? Enabled;
            bool moves = (listen is not null && !await IsSameAddressAsync(listen, cancellationToken))
                || (upstream is not null && upstream != UpstreamAddress);
            if (moves || !start)
            {
                await StopAsync();
            }

            if (moves)
            {
                Listen = listen ?? Listen;
                UpstreamAddress = upstream ?? UpstreamAddress;
            }

            if (start && _listening is null)
            {
                await StartAsync(cancellationToken);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Whether an address, once resolved, is the one this proxy listens on.</summary>
    public async Task<bool> IsSameAddressAsync(string listen, CancellationToken cancellationToken) =>
        listen == Listen || (await HostPort.ResolveAsync(listen, cancellationToken)).ToString() == Listen;

    /// <exception cref="ToxiproxyApiException">The name is taken, or the toxic is not a valid one.</exception>
    public ToxicEntry AddToxic(ToxicRequest request)
    {
        lock (_gate)
        {
            var entry = request.ToEntry(_lastToxic + 1);
            if (_toxics.Any(t => t.Name == entry.Name))
            {
                throw ToxiproxyApiException.ToxicAlreadyExists();
            }

            _lastToxic++;
            SetToxics_NeedsLock([.. _toxics, entry]);
            return entry;
        }
    }

    public ToxicEntry UpdateToxic(string name, ToxicRequest change)
    {
        lock (_gate)
        {
            int place = PlaceOf_NeedsLock(name);
            var entry = change.ApplyTo(_toxics[place]);
            List<ToxicEntry> toxics = [.. _toxics];
            toxics[place] = entry;
            SetToxics_NeedsLock(toxics);
            return entry;
        }
    }

    public void RemoveToxic(string name)
    {
        lock (_gate)
        {
            int place = PlaceOf_NeedsLock(name);
            SetToxics_NeedsLock([.. _toxics[..place], .. _toxics[(place + 1)..]]);
        }
    }

    public void RemoveAllToxics()
    {
        lock (_gate)
        {
            SetToxics_NeedsLock([]);
        }
    }

    public ToxicEntry GetToxic(string name)
    {
        lock (_gate)
        {
            return _toxics[PlaceOf_NeedsLock(name)];
        }
    }

    /// <summary>Upstream first, then downstream, each in the order of the chain.</summary>
    public IReadOnlyList<ToxicEntry> GetToxics()
    {
        lock (_gate)
        {
            return [.. _toxics.OrderBy(t => t.Direction)];
        }
    }

    public IReadOnlyList<ConnectionDocument> GetConnections()
    {
        lock (_gate)
        {
            return [.. _connections.OrderBy(c => c.Id).Select(c => c.ToDocument())];
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _turn.WaitAsync();
        try
        {
            await StopAsync();
        }
        finally
        {
            _turn.Release();
        }
    }

    public void LogConnectionFailed(long connection, Exception exception) => Log.ConnectionFailed(_logger, connection, Name, exception);

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        var address = await HostPort.ResolveAsync(Listen, cancellationToken);
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (address.Address.Equals(IPAddress.IPv6Any))
            {
                socket.DualMode = true;
            }

            socket.Bind(address);
            socket.Listen(512);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new ToxiproxyApiException(500, $"listen tcp {address}: {e.Message}");
        }

        Listen = socket.LocalEndPoint!.ToString()!;
        var stopping = new CancellationTokenSource();
        _listening = new Listening(socket, stopping, AcceptAsync(socket, stopping.Token));
        Log.Started(_logger, Name, Listen, UpstreamAddress);
    }

    private async Task StopAsync()
    {
        if (_listening is not { } listening)
        {
            return;
        }

        _listening = null;
        await listening.Stopping.CancelAsync();
        listening.Socket.Dispose();
        await listening.Accepting;
        List<ProxyConnection> open;
        lock (_gate)
        {
            open = [.. _connections];
        }

        foreach (var connection in open)
        {
            if (connection.Terminate(reset: false))
            {
                Connections.CountCut();
            }
        }

        listening.Stopping.Dispose();
        Log.Stopped(_logger, Name, open.Count);
    }

    private async Task AcceptAsync(Socket listener, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                var client = await listener.AcceptAsync(stopping);
                _ = ServeAsync(client, Interlocked.Increment(ref _lastConnection), stopping);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e)
            {
                // Out of file descriptors, or the client left while it waited: neither ends the proxy.
                Log.AcceptFailed(_logger, Name, e.SocketErrorCode);
                await Task.Delay(TimeSpan.FromMilliseconds(20), _time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task ServeAsync(Socket client, long id, CancellationToken stopping)
    {
        ProxyConnection? connection = null;
        try
        {
            ulong seed = Seeds.Combine(_seed, (ulong)id);
            if (ConnectToxicFor(seed) is { } holder)
            {
                await HoldAsync(client, holder, stopping);
                return;
            }

            var loop = _loops.Next();
            if (OpenConnections >= MaxConnections || await ConnectAsync(loop, stopping) is not { } server)
            {
                Connections.CountRefused();
                client.Dispose();
                return;
            }

            connection = new ProxyConnection(this, id, seed, new LoopSocket(client, loop), server, loop, _time);
            lock (_gate)
            {
                _connections.Add(connection);
                Apply_NeedsLock(connection);
            }

            Connections.CountOpened();
            if (stopping.IsCancellationRequested)
            {
                // Connected while the proxy was being stopped, which did not see this one.
                connection.Terminate(reset: false);
            }

            await connection.RunAsync();
        }
        catch (Exception e)
        {
            Log.ConnectionFailed(_logger, id, Name, e);
            connection?.Terminate(reset: true);
            client.Dispose();
        }
        finally
        {
            if (connection is not null)
            {
                lock (_gate)
                {
                    _connections.Remove(connection);
                }
            }
        }
    }

    /// <summary>Null when the upstream does not answer: the client is then closed at once, as Toxiproxy does.</summary>
    private async Task<LoopSocket?> ConnectAsync(SocketLoop loop, CancellationToken stopping)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        limit.CancelAfter(ConnectTimeout);
        try
        {
            var address = await HostPort.ResolveAsync(UpstreamAddress, limit.Token);
            if (address.Address.Equals(IPAddress.IPv6Any))
            {
                address = new IPEndPoint(IPAddress.Loopback, address.Port);
            }

            return await LoopSocket.ConnectAsync(address, loop, limit.Token);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ToxiproxyApiException)
        {
            Log.UpstreamUnreachable(_logger, Name, UpstreamAddress, e.Message);
            return null;
        }
    }

    /// <summary>The first toxic that takes a new connection before it reaches the upstream.</summary>
    private ToxicEntry? ConnectToxicFor(ulong seed)
    {
        lock (_gate)
        {
            return _toxics.FirstOrDefault(t => t.Toxic is ConnectToxic c && t.IsDrawn(seed, 1) && c.Takes(t.Counters.CountOffered()));
        }
    }

    private async Task HoldAsync(Socket client, ToxicEntry holder, CancellationToken stopping)
    {
        holder.Counters.CountConnection();
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stopping, holder.Removal.Token);
        Interlocked.Increment(ref _held);
        try
        {
            if (_held <= MaxConnections)
            {
                await ((ConnectToxic)holder.Toxic).HoldAsync(client, _time, ended.Token);
            }
        }
        finally
        {
            Interlocked.Decrement(ref _held);
            client.Dispose();
            Connections.CountRefused();
            holder.Counters.CountEnded();
        }
    }

    private void SetToxics_NeedsLock(List<ToxicEntry> toxics)
    {
        foreach (var removed in _toxics.ExceptBy(toxics.Select(t => t.Id), t => t.Id))
        {
            // Asynchronously: whoever waits for it does not go on under our lock.
            _ = removed.Removal.CancelAsync();
        }

        _toxics = toxics;
        foreach (var connection in _connections)
        {
            Apply_NeedsLock(connection);
        }
    }

    private void Apply_NeedsLock(ProxyConnection connection) => connection.Apply(
        [.. _toxics.Where(t => t.IsOn(StreamDirection.Upstream))],
        [.. _toxics.Where(t => t.IsOn(StreamDirection.Downstream))]);

    private int PlaceOf_NeedsLock(string name)
    {
        int place = _toxics.FindIndex(t => t.Name == name);
        return place >= 0 ? place : throw ToxiproxyApiException.ToxicNotFound();
    }

    private sealed record Listening(Socket Socket, CancellationTokenSource Stopping, Task Accepting);

    private static partial class Log
    {
        [LoggerMessage(3001, LogLevel.Information, "Proxy {Proxy} listens on {Listen} for {Upstream}", EventName = "ProxyStarted")]
        public static partial void Started(ILogger logger, string proxy, string listen, string upstream);

        [LoggerMessage(3002, LogLevel.Information, "Proxy {Proxy} stopped; {Connections} connections closed", EventName = "ProxyStopped")]
        public static partial void Stopped(ILogger logger, string proxy, int connections);

        [LoggerMessage(3003, LogLevel.Debug, "Proxy {Proxy} turned a client away: {Upstream} cannot be reached: {Reason}", EventName = "UpstreamUnreachable")]
        public static partial void UpstreamUnreachable(ILogger logger, string proxy, string upstream, string reason);

        [LoggerMessage(3004, LogLevel.Warning, "Proxy {Proxy} could not accept a connection: {Error}", EventName = "AcceptFailed")]
        public static partial void AcceptFailed(ILogger logger, string proxy, SocketError error);

        [LoggerMessage(3005, LogLevel.Error, "Connection {Connection} of proxy {Proxy} broke inside the proxy", EventName = "ConnectionFailed")]
        public static partial void ConnectionFailed(ILogger logger, long connection, string proxy, Exception exception);
    }
}
