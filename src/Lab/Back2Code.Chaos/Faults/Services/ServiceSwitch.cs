using System.Net;
using System.Net.Http.Json;
using Back2Code.Chaos.Faults.Settings;

namespace Back2Code.Chaos.Faults.Services;

/// <summary>
/// The switch in one running service: <c>/chaos/{kind}/{id}</c>, open to whoever has the lab's secret. Reached directly, not through a link.
/// </summary>
internal sealed class ServiceSwitch(string process, int port, string token, string kind)
{
    // A service whose threads are starved on purpose must still hear that it is over.
    private static readonly HttpClient Http = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(1), ConnectTimeout = TimeSpan.FromSeconds(2) })
    {
        Timeout = TimeSpan.FromSeconds(8),
    };

    public string Process => process;

    public string Kind => kind;

    /// <exception cref="FaultException">Nothing matches, or one that does is not running or cannot be told to misbehave.</exception>
    public static async Task<IReadOnlyList<ServiceSwitch>> ResolveAsync(FaultContext context, string kind, CancellationToken cancellationToken)
    {
        var token = context.Platform.ChaosToken ?? throw new FaultException("This platform has no secret for chaos: its services were started without Chaos:Enabled.");
        var all = await context.Platform.ListProcessesAsync(cancellationToken);
        var targets = TargetPattern.Resolve(context.Target, "process", all, p => p.Name);

        // Asked of anything else, the question would fail, and its record could never be undone.
        return targets.FirstOrDefault(p => HasSwitch(p) == false) is { } other
            ? throw new FaultException($"{other.Name} has no switch for {kind}: it is not one of the platform's services, or was started without Chaos:Enabled.")
            : [.. targets.Select(p => Of(p, token, kind))];
    }

    /// <exception cref="FaultException">The process is not running or has no port.</exception>
    public static ServiceSwitch Of(TargetProcess process, string token, string kind) => process is { Pid: not null, Port: { } port }
        ? new ServiceSwitch(process.Name, port, token, kind)
        : throw new FaultException($"{process.Name} is not running, so it cannot be disturbed.");

    /// <summary>What of a kind stands on any service of the platform, one line each.</summary>
    public static async Task<IReadOnlyList<string>> FindStandingAsync(IFaultTarget platform, string kind, CancellationToken cancellationToken)
    {
        List<string> lines = [];
        foreach (var process in (await platform.ListProcessesAsync(cancellationToken)).Where(p => p is { Pid: not null, Port: not null } && HasSwitch(p) == true))
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"http://127.0.0.1:{process.Port}/chaos"));
            request.Headers.Add("Chaos-Token", platform.ChaosToken);
            try
            {
                using var response = await Http.SendAsync(request, cancellationToken);
                if (response.IsSuccessStatusCode)
                {
                    var standing = await response.Content.ReadFromJsonAsync<List<Standing>>(cancellationToken) ?? [];
                    lines.AddRange(standing.Where(s => s.Kind == kind).Select(s => $"{process.Name}: {s.Kind} of fault {s.Id} stands until {s.EndsAt:HH:mm:ss}"));
                }
            }
            catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                lines.Add($"{process.Name}: cannot be asked about {kind}: {e.Message}");
            }
        }

        return lines;
    }

    public async Task<Reading> StartAsync(string faultId, IReadOnlyDictionary<string, object> order, TimeSpan lease, CancellationToken cancellationToken)
    {
        var body = new Dictionary<string, object>(order) { ["seconds"] = lease.TotalSeconds };
        using var response = await SendAsync(HttpMethod.Put, faultId, JsonContent.Create(body), cancellationToken);
        return response.StatusCode switch
        {
            HttpStatusCode.OK => await ReadingAsync(response, cancellationToken),
            HttpStatusCode.NotFound => throw new FaultException($"{process} has no switch for {kind}: it is not one of the platform's services, or was started without Chaos:Enabled."),
            HttpStatusCode.Conflict => throw new FaultException($"{process} has a fault of this kind already ({kind}); two at once would show neither."),
            var other => throw new FaultException($"{process} refused {kind}: HTTP {(int)other} {await response.Content.ReadAsStringAsync(cancellationToken)}"),
        };
    }

    /// <returns>Null when the process knows nothing of the fault: it is another run of it.</returns>
    public Task<Reading?> ReadAsync(string faultId, CancellationToken cancellationToken) => AskAsync(HttpMethod.Get, faultId, cancellationToken);

    /// <returns>The last reading; null when there is nothing to end.</returns>
    public Task<Reading?> StopAsync(string faultId, CancellationToken cancellationToken) => AskAsync(HttpMethod.Delete, faultId, cancellationToken);

    private async Task<Reading?> AskAsync(HttpMethod method, string faultId, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(method, faultId, null, cancellationToken);
        return response.StatusCode switch
        {
            HttpStatusCode.OK => await ReadingAsync(response, cancellationToken),
            HttpStatusCode.NotFound => null,
            var other => throw new FaultException($"{process} answered HTTP {(int)other} about the {kind} of fault {faultId}."),
        };
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string faultId, HttpContent? content, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, new Uri($"http://127.0.0.1:{port}/chaos/{kind}/{faultId}")) { Content = content };
        request.Headers.Add("Chaos-Token", token);
        try
        {
            return await Http.SendAsync(request, cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new FaultException($"{process} cannot be asked about {kind}: {e.Message}", e);
        }
    }

    /// <summary>By the settings that it was started with; null when they cannot be read.</summary>
    private static bool? HasSwitch(TargetProcess process)
    {
        if (process.Pid is not { } pid)
        {
            return null;
        }

        try
        {
            return ProcessEnvironment.Read(process.Name, pid).GetValueOrDefault("Chaos__Enabled") == "true";
        }
        catch (FaultException)
        {
            return null;
        }
    }

    private static async Task<Reading> ReadingAsync(HttpResponseMessage response, CancellationToken cancellationToken) =>
        await response.Content.ReadFromJsonAsync<Reading>(cancellationToken) ?? throw new FaultException("The service gave an empty reading.");
}

/// <summary>What the service itself has counted and measured.</summary>
/// <param name="Seen">What fell under the fault: requests, calls, rounds of work.</param>
/// <param name="Struck">Of these, what it has disturbed.</param>
/// <param name="Figures">What else was measured, by name with its unit last.</param>
internal sealed record Reading(long Seen, long Struck, IReadOnlyDictionary<string, double> Figures)
{
    public double this[string figure] => Figures.GetValueOrDefault(figure);
}

/// <summary>A disturbance that stands on a service.</summary>
internal sealed record Standing(string Kind, string Id, DateTimeOffset EndsAt);
