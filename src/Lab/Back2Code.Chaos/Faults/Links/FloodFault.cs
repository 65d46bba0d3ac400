using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Back2Code.Chaos.Proxy;

namespace Back2Code.Chaos.Faults.Links;

/// <summary><c>link.flood</c>: idle connections that somebody opens and does not use, until the server has no room for others.</summary>
internal sealed class FloodFault : IFault
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    public string Type => "link.flood";

    public string Family => "tcp";

    public string Summary => "Opens idle connections through a link and keeps so many open.";

    public string Symptom => "The server's connections or descriptors run out: new clients are refused although it does next to nothing.";

    public string Receipt => "The proxy counted as many more connections that reached the server as were asked for.";

    public string Undo => "Closes every connection that the fault opened when it ends; the kernel does so when its injector dies.";

    public FaultExample Example { get; } = new("notes-1-to-redis", ("connections", "50"));

    public FaultTargetKind TargetKind => FaultTargetKind.Link;

    public bool Lasts => true;

    public IReadOnlyList<FaultParameter> Parameters { get; } =
    [
        new NumberParameter("connections", "How many.", 1, 5_000, Required: true),
    ];

    public async Task<InjectedFault> InjectAsync(FaultContext context, CancellationToken cancellationToken)
    {
        int count = (int)FaultSettings.Of(this, context).Number("connections");
        var links = await LinkTargets.ResolveAsync(context, cancellationToken);
        var floods = links.Select(l => new Flood(l, count)).ToList();
        var loop = new StandingLoop(context);
        loop.AtEnd(() => floods.ForEach(f => f.Dispose()));
        return await Injection.RunAsync(
            this,
            context,
            context.For,

            // They close with whoever opened them.
            [],
            async token =>
            {
                var before = await Task.WhenAll(links.Select(l => context.Platform.Toxiproxy.GetStatisticsAsync(l.Name, token)));
                loop.Start(Interval, end => Task.WhenAll(floods.Select(f => f.FillAsync(end))));
                return await Task.WhenAll(floods.Zip(before, (f, b) => WatchAsync(f, b.Opened, context.Platform, token)));
            },
            _ => Task.FromResult<IReadOnlyList<string>>(
                [.. floods.Select(f => string.Create(CultureInfo.InvariantCulture, $"{f.Link}: {f.Opened:N0} connections opened in all, {f.Open:N0} open at the end"))]),
            cancellationToken,
            loop);
    }

    /// <summary>By the proxy's count of connections that reached the server.</summary>
    private static async Task<Evidence> WatchAsync(Flood flood, long before, IFaultTarget platform, CancellationToken cancellationToken)
    {
        long start = platform.Time.GetTimestamp();
        while (true)
        {
            var now = await platform.Toxiproxy.GetStatisticsAsync(flood.Link, cancellationToken);
            if (now.Opened - before >= flood.Count)
            {
                return Evidence.Seen($"{flood.Link}: {now.Opened - before} connections reached the server, {now.Open} are open, after {platform.Time.GetElapsedTime(start).TotalMilliseconds:0} ms");
            }

            if (platform.Time.GetElapsedTime(start) >= Patience)
            {
                return Evidence.NotSeen($"{flood.Link}: {now.Opened - before} connections reached the server, {flood.Count} were asked for");
            }

            await Task.Delay(Interval, platform.Time, cancellationToken);
        }
    }

    private sealed class Flood(ProxyDocument link, int count) : IDisposable
    {
        private readonly List<Socket> _open = [];
        private readonly Lock _gate = new();
        private bool _over;
        private int _heldAtEnd;

        public string Link => link.Name;

        public int Count => count;

        public int Opened { get; private set; }

        /// <summary>How many are open; once the flood is over, how many were.</summary>
        public int Open
        {
            get
            {
                lock (_gate)
                {
                    return _over ? _heldAtEnd : _open.Count;
                }
            }
        }

        /// <summary>Replaces what the server has closed.</summary>
        public async Task FillAsync(CancellationToken cancellationToken)
        {
            lock (_gate)
            {
                // Readable and empty: closed by the other side. An idle connection is told nothing else.
                foreach (var closed in _open.Where(s => s.Poll(TimeSpan.Zero, SelectMode.SelectRead)).ToList())
                {
                    _open.Remove(closed);
                    closed.Dispose();
                }
            }

            while (Open < count)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                try
                {
                    await socket.ConnectAsync(IPEndPoint.Parse(link.Listen), cancellationToken);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }

                lock (_gate)
                {
                    if (_over)
                    {
                        socket.Dispose();
                        return;
                    }

                    _open.Add(socket);
                    Opened++;
                }
            }
        }

        public void Dispose()
        {
            lock (_gate)
            {
                if (_over)
                {
                    return;
                }

                _over = true;
                _heldAtEnd = _open.Count;
                _open.ForEach(s => s.Dispose());
                _open.Clear();
            }
        }
    }
}
