using System.Text.Json;
using System.Text.Json.Nodes;
using Back2Code.Authentication;
using Back2Code.Chaos.Faults;
using Back2Code.Chaos.Identity;
using Back2Code.Lab.Supervision;
using Back2Code.Lab.Supervision.State;
using Back2Code.Lab.Traffic.Verification;

namespace Back2Code.Lab.Drills;

/// <summary>The real platform, through its public interfaces only.</summary>
internal sealed class LabDrillPlatform : IDrillPlatform, IDisposable
{
    // Longer than the longest run of traffic, a day, and the verification of what it wrote.
    private static readonly TimeSpan TokenLifetime = TimeSpan.FromHours(30);
    private static readonly TimeSpan AskPatience = TimeSpan.FromSeconds(2);

    private readonly Platform _platform;
    private readonly CommandLine _cli;
    private readonly string _gateway;
    private readonly HttpClient _http = new() { Timeout = AskPatience };
    private readonly LabFaultTarget _target;
    private readonly PrometheusReader _prometheus;
    private readonly IncidentReader _incidents;
    private readonly TimeProvider _clock;

    private LabDrillPlatform(Platform platform, LabStatus status, CommandLine cli, decimal availabilityObjective, TimeProvider clock)
    {
        this._platform = platform;
        this._cli = cli;
        _clock = clock;
        AvailabilityObjective = availabilityObjective;
        _gateway = status.Endpoints.Gateway ?? throw new LabException("The topology has no gateway; a drill needs one to send traffic to.");
        var prometheusUrl = status.Endpoints.Prometheus ?? throw new LabException("The topology has no prometheus; a drill needs it to detect anything.");
        if (status.Endpoints.Toxiproxy is null)
        {
            throw new LabException("The topology has no toxiproxy; a drill needs it for faults on links.");
        }

        var monitoring = status.Processes.FirstOrDefault(p => p.Name == "monitoring")?.Port ?? throw new LabException("The topology has no monitoring; a drill needs its records.");
        var token = platform.CreateToken("operator", TokenLifetime, Roles.Operator);
        _target = new LabFaultTarget(platform.Client, platform.Paths, status, clock);
        _prometheus = new PrometheusReader(_http, prometheusUrl, clock);
        _incidents = new IncidentReader(_http, $"http://127.0.0.1:{monitoring}", token);
        Variables = NameEverything(status, token);
    }

    public IReadOnlyDictionary<string, JsonNode?> Variables { get; }

    public decimal AvailabilityObjective { get; }

    public static async Task<LabDrillPlatform> ConnectAsync(Platform platform, CommandLine cli, decimal availabilityObjective, TimeProvider clock, CancellationToken cancellationToken) =>
        new(platform, await platform.Client.GetStatusAsync(cancellationToken), cli, availabilityObjective, clock);

    // One drill runs on a platform at a time, so what is on record now was left behind by one that died.
    public Task<HealResult> HealAsync(CancellationToken cancellationToken) => FaultJournal.HealAsync(_target, HealScope.Abandoned, cancellationToken);

    public async Task<IReadOnlyList<string>> ListUnreadyAsync(CancellationToken cancellationToken) =>
        [.. (await _platform.Client.GetStatusAsync(cancellationToken)).Processes
            .Where(p => p.State != ProcessState.Ready)
            .Select(p => $"{p.Name} ({p.State.ToString().ToLowerInvariant()})")];

    public Task<IReadOnlyList<string>> ListFiringAsync(CancellationToken cancellationToken) => _prometheus.ListFiringAsync(cancellationToken);

    public Task<IReadOnlyList<DrillAlert>> ListReceivedAsync(DateTimeOffset since, CancellationToken cancellationToken) => _incidents.ListAsync(since, cancellationToken);

    public Task<JsonElement> ReadIncidentsAsync(CancellationToken cancellationToken) => _incidents.ReadAsync(cancellationToken);

    public Task<IReadOnlyList<DrillPage>?> ListPagesAsync(DateTimeOffset since, CancellationToken cancellationToken) =>
        PagerReader.ReadAsync(Path.Combine(_platform.Paths.DataOf("monitoring"), "pager.jsonl"), since, cancellationToken);

    public Task<PrometheusEvidence> ReadEvidenceAsync(DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken) =>
        _prometheus.ReadEvidenceAsync(from, to, cancellationToken);

    public Task<DateTimeOffset?> AwaitScrapeAsync(DateTimeOffset after, CancellationToken cancellationToken) => _prometheus.AwaitScrapeAsync(after, _clock, cancellationToken);

    public Task<PrometheusAnswer> AskAsync(string name, string query, CancellationToken cancellationToken) => _prometheus.AskAsync(name, query, cancellationToken);

    public async Task<ITrafficRun> StartTrafficAsync(TrafficOrder order, CancellationToken cancellationToken) =>
        await TrafficProcess.StartAsync(_cli, order, _gateway, await TokensOfAsync(order, cancellationToken), order.Traffic.IdentityTokens ? _target.Identity : null, cancellationToken);

    public string? FindMachineTrouble() => StateFolder.FindDiskTrouble(_platform.Paths);

    public async Task<LedgerCheck> VerifyLedgerAsync(TrafficOrder order, TimeSpan patience, Action<VerificationProgress> onProgress, CancellationToken cancellationToken) =>
        await TrafficProcess.VerifyAsync(_cli, order, _gateway, await TokensOfAsync(order, cancellationToken), patience, onProgress, cancellationToken);

    public Task<InjectedFault> InjectAsync(DrillFault fault, CancellationToken cancellationToken) => FaultCatalogue.Find(fault.Type).InjectAsync(
        new FaultContext { Platform = _target, Target = fault.Target, Parameters = fault.Parameters, For = fault.For }, cancellationToken);

    public Task<IReadOnlyList<OperatorControl>> ListControlsAsync(DateTimeOffset since, CancellationToken cancellationToken) => _platform.Client.ListControlsAsync(since, cancellationToken);

    public void Dispose()
    {
        _http.Dispose();
        _target.Dispose();
    }

    private async Task<Dictionary<string, string>> TokensOfAsync(TrafficOrder order, CancellationToken cancellationToken)
    {
        if (!order.Traffic.IdentityTokens)
        {
            return order.Users.ToDictionary(user => user, user => _platform.CreateToken(user, TokenLifetime, Roles.Analyst));
        }

        var tokens = new Dictionary<string, string>();
        using var identity = new IdentityClient(_target.Identity, _clock);
        try
        {
            foreach (var user in order.Users)
            {
                tokens[user] = await identity.ExchangeAsync(user, scope: null, cancellationToken);
            }

            return tokens;
        }
        catch (IdentityException e)
        {
            throw new LabException($"The drill's users get no tokens. {e.Message}", e);
        }
    }

    /// <summary><c>${gateway}</c>, <c>${prometheus}</c>, <c>${alertmanager}</c>, <c>${toxiproxy}</c>, <c>${state}</c>, <c>${token}</c>, and <c>${notes_1}</c> for a process's own address.</summary>
    private Dictionary<string, JsonNode?> NameEverything(LabStatus status, string token)
    {
        var names = new Dictionary<string, JsonNode?>
        {
            ["state"] = _platform.Paths.Root,
            ["token"] = token,
        };
        foreach (var process in status.Processes.Where(p => p.Port is not null))
        {
            names[process.Name.Replace('-', '_')] = $"http://127.0.0.1:{process.Port}";
        }

        names["gateway"] = _gateway;
        names["prometheus"] = status.Endpoints.Prometheus;
        names["alertmanager"] = status.Endpoints.Alertmanager;
        names["toxiproxy"] = status.Endpoints.Toxiproxy;
        return names;
    }
}
