using System.Net.Sockets;
using Back2Code.Chaos.Proxy.Sockets;
using Microsoft.Extensions.Logging;

namespace Back2Code.Chaos.Proxy;

/// <summary>The proxies of one server, by name.</summary>
internal sealed class ProxyCollection(ulong seed, TimeProvider time, ILoggerFactory loggers) : IAsyncDisposable
{
    private const int MaxProxies = 1024;

    private readonly ILogger _logger = loggers.CreateLogger<FaultProxy>();
    private readonly SocketLoops _loops = new();
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, FaultProxy> _proxies = new(StringComparer.Ordinal);

    public IReadOnlyList<FaultProxy> All()
    {
        lock (_gate)
        {
            return [.. _proxies.Values];
        }
    }

    /// <exception cref="ToxiproxyApiException">There is none of that name.</exception>
    public FaultProxy Get(string name)
    {
        lock (_gate)
        {
            return _proxies.GetValueOrDefault(name) ?? throw ToxiproxyApiException.ProxyNotFound();
        }
    }

    /// <exception cref="ToxiproxyApiException">A field is missing or wrong, or the name is taken.</exception>
    /// <exception cref="SocketException">It cannot listen there.</exception>
    public Task<FaultProxy> AddAsync(ProxyRequest request, CancellationToken cancellationToken) => InTurnAsync(
        () =>
        {
            request.Check("");
            if (Find(request.Name!) is not null)
            {
                throw ToxiproxyApiException.ProxyAlreadyExists();
            }

            return AddCheckedAsync(request, cancellationToken);
        },
        cancellationToken);

    /// <summary>
    /// Makes every proxy asked for. One that stands already with the same addresses keeps its connections and toxics; one with others is replaced.
    /// Stops at the first failure and hands it over together with those made before it.
    /// </summary>
    public Task<(IReadOnlyList<FaultProxy> Made, Exception? Failure)> PopulateAsync(IReadOnlyList<ProxyRequest?> requests, CancellationToken cancellationToken) =>
        InTurnAsync<(IReadOnlyList<FaultProxy>, Exception?)>(
            async () =>
            {
                for (int i = 0; i < requests.Count; i++)
                {
                    (requests[i] ?? throw ToxiproxyApiException.BadBody($"$[{i}] is null: proxy {i + 1}")).Check($" at proxy {i + 1}");
                }

                List<FaultProxy> made = [];
                try
                {
                    foreach (var request in requests)
                    {
                        made.Add(await AddOrKeepAsync(request!, cancellationToken));
                    }

                    return (made, null);
                }
                catch (Exception e) when (e is ToxiproxyApiException or SocketException)
                {
                    return (made, e);
                }
            },
            cancellationToken);

    public Task RemoveAsync(string name, CancellationToken cancellationToken) => InTurnAsync(
        async () =>
        {
            var proxy = Get(name);
            await StopAndForgetAsync(proxy);
            return proxy;
        },
        cancellationToken);

    public async ValueTask DisposeAsync()
    {
        foreach (var proxy in All())
        {
            await StopAndForgetAsync(proxy);
        }

        _loops.Dispose();
    }

    private async Task<FaultProxy> AddOrKeepAsync(ProxyRequest request, CancellationToken cancellationToken)
    {
        if (Find(request.Name!) is { } present)
        {
            if (present.UpstreamAddress == request.Upstream && await present.IsSameAddressAsync(request.ListenOrFree, cancellationToken))
            {
                return present;
            }

            await StopAndForgetAsync(present);
        }

        return await AddCheckedAsync(request, cancellationToken);
    }

    private async Task<FaultProxy> AddCheckedAsync(ProxyRequest request, CancellationToken cancellationToken)
    {
        if (All().Count >= MaxProxies)
        {
            throw ToxiproxyApiException.BadBody($"there are {MaxProxies} proxies already; delete some first");
        }

        var proxy = new FaultProxy(request.Name!, request.ListenOrFree, request.Upstream!, seed, _loops, time, _logger);
        foreach (var toxic in request.Toxics ?? [])
        {
            proxy.AddToxic(toxic!);
        }

        if (request.Enabled ?? true)
        {
            await proxy.UpdateAsync(null, null, enabled: true, cancellationToken);
        }

        lock (_gate)
        {
            _proxies.Add(proxy.Name, proxy);
        }

        return proxy;
    }

    private async Task StopAndForgetAsync(FaultProxy proxy)
    {
        await proxy.DisposeAsync();
        lock (_gate)
        {
            _proxies.Remove(proxy.Name);
        }
    }

    private FaultProxy? Find(string name)
    {
        lock (_gate)
        {
            return _proxies.GetValueOrDefault(name);
        }
    }

    private async Task<T> InTurnAsync<T>(Func<Task<T>> act, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            return await act();
        }
        finally
        {
            _turn.Release();
        }
    }
}

/// <summary>A proxy as a client asks for it: what it left out is null.</summary>
internal sealed record ProxyRequest(string? Name, string? Listen, string? Upstream, bool? Enabled, IReadOnlyList<ToxicRequest?>? Toxics)
{
    /// <summary>Where it is to listen; a free port when nothing was said.</summary>
    public string ListenOrFree => string.IsNullOrEmpty(Listen) ? "127.0.0.1:0" : Listen;

    /// <summary>Whether it can be made, as far as that shows without making it.</summary>
    /// <param name="where">Which proxy of several it is, for the message.</param>
    public void Check(string where)
    {
        if (string.IsNullOrEmpty(Name))
        {
            throw ToxiproxyApiException.MissingField("name" + where);
        }

        if (string.IsNullOrEmpty(Upstream))
        {
            throw ToxiproxyApiException.MissingField("upstream" + where);
        }

        try
        {
            Names.Check(Name);
            CheckAddresses();
        }
        catch (ToxiproxyApiException e)
        {
            throw e.At(where);
        }

        CheckToxics(where);
    }

    /// <summary>Whether the addresses that are given have the form of one.</summary>
    public void CheckAddresses()
    {
        HostPort.Check("listen", Listen);
        HostPort.Check("upstream", Upstream);
    }

    private void CheckToxics(string where)
    {
        HashSet<string> names = [];
        for (int i = 0; i < Toxics?.Count; i++)
        {
            try
            {
                var toxic = Toxics[i] ?? throw ToxiproxyApiException.BadBody($"$.toxics[{i}] is null");
                if (!names.Add(toxic.ToEntry(0).Name))
                {
                    throw ToxiproxyApiException.ToxicAlreadyExists();
                }
            }
            catch (ToxiproxyApiException e)
            {
                throw e.At($" at toxic {i + 1}{where}");
            }
        }
    }
}
