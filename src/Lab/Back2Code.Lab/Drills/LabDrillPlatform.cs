using System.Text.Json.Nodes;
using Back2Code.Chaos.Faults;
using Back2Code.Lab.Supervision;

namespace Back2Code.Lab.Drills;

/// <summary>The real platform, through its public interfaces only.</summary>
internal sealed class LabDrillPlatform : IDrillPlatform, IDisposable
{
    // Longer than any drill, shorter than a working day.
    private static readonly TimeSpan TokenLifetime = TimeSpan.FromHours(4);
    private static readonly TimeSpan AskPatience = TimeSpan.FromSeconds(2);

    private readonly Platform platform;
    private readonly CommandLine cli;
    private readonly string gateway;
    private readonly HttpClient http = new() { Timeout = AskPatience };
    private readonly HttpClient toxiproxy;
    private readonly LabFaultTarget target;
    private readonly PrometheusReader prometheus;
    private readonly IncidentReader incidents;

    private LabDrillPlatform(Platform platform, LabStatus status, CommandLine cli, decimal availabilityObjective, TimeProvider clock)
    {
        this.platform = platform;
        this.cli = cli;
        AvailabilityObjective = availabilityObjective;
        gateway = status.Endpoints.Gateway ?? throw new LabException("The topology has no gateway; a drill needs one to send traffic to.");
        var prometheusUrl = status.Endpoints.Prometheus ?? throw new LabException("The topology has no prometheus; a drill needs it to detect anything.");
        toxiproxy = new HttpClient { BaseAddress = new Uri((status.Endpoints.Toxiproxy ?? throw new LabException("The topology has no toxiproxy; a drill needs it for faults on links.")) + "/") };
        var monitoring = status.Processes.FirstOrDefault(p => p.Name == "monitoring")?.Port ?? throw new LabException("The topology has no monitoring; a drill needs its records.");
        var token = platform.CreateToken("operator", TokenLifetime);
        target = new LabFaultTarget(platform.Client, platform.Paths.Faults, toxiproxy, clock);
        prometheus = new PrometheusReader(http, prometheusUrl);
        incidents = new IncidentReader(http, $"http://127.0.0.1:{monitoring}", token);
        Variables = NameEverything(status, token);
    }

    public IReadOnlyDictionary<string, JsonNode?> Variables { get; }

    public decimal AvailabilityObjective { get; }

    public static async Task<LabDrillPlatform> ConnectAsync(Platform platform, CommandLine cli, decimal availabilityObjective, TimeProvider clock, CancellationToken cancellationToken) =>
        new(platform, await platform.Client.GetStatusAsync(cancellationToken), cli, availabilityObjective, clock);

    // One drill runs on a platform at a time, so what is on record now was left behind by one that died.
    public Task<HealResult> HealAsync(CancellationToken cancellationToken) => FaultJournal.HealAsync(target, HealScope.Abandoned, cancellationToken);

    public async Task<IReadOnlyList<string>> ListUnreadyAsync(CancellationToken cancellationToken) =>
        [.. (await platform.Client.GetStatusAsync(cancellationToken)).Processes
            .Where(p => p.State != ProcessState.Ready)
            .Select(p => $"{p.Name} ({p.State.ToString().ToLowerInvariant()})")];

    public Task<IReadOnlyList<string>> ListFiringAsync(CancellationToken cancellationToken) => prometheus.ListFiringAsync(cancellationToken);

    public Task<IReadOnlyList<DrillAlert>> ListReceivedAsync(DateTimeOffset since, CancellationToken cancellationToken) => incidents.ListAsync(since, cancellationToken);

    public Task<PrometheusEvidence> ReadEvidenceAsync(DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken) =>
        prometheus.ReadEvidenceAsync(from, to, cancellationToken);

    public async Task<ITrafficRun> StartTrafficAsync(TrafficOrder order, CancellationToken cancellationToken) =>
        await TrafficProcess.StartAsync(cli, order, gateway, TokensOf(order), cancellationToken);

    public Task<LedgerCheck> VerifyLedgerAsync(TrafficOrder order, CancellationToken cancellationToken) =>
        TrafficProcess.VerifyAsync(cli, order, gateway, TokensOf(order), cancellationToken);

    public Task<InjectedFault> InjectAsync(DrillFault fault, CancellationToken cancellationToken) => FaultCatalogue.Find(fault.Type).InjectAsync(
        new FaultContext { Platform = target, Target = fault.Target, Parameters = fault.Parameters, For = fault.For }, cancellationToken);

    public void Dispose()
    {
        http.Dispose();
        toxiproxy.Dispose();
    }

    private Dictionary<string, string> TokensOf(TrafficOrder order) => order.Users.ToDictionary(user => user, user => platform.CreateToken(user, TokenLifetime));

    /// <summary><c>${gateway}</c>, <c>${prometheus}</c>, <c>${alertmanager}</c>, <c>${toxiproxy}</c>, <c>${state}</c>, <c>${token}</c>, and <c>${notes_1}</c> for a process's own address.</summary>
    private Dictionary<string, JsonNode?> NameEverything(LabStatus status, string token)
    {
        var names = new Dictionary<string, JsonNode?>
        {
            ["state"] = platform.Paths.Root,
            ["token"] = token,
        };
        foreach (var process in status.Processes.Where(p => p.Port is not null))
        {
            names[process.Name.Replace('-', '_')] = $"http://127.0.0.1:{process.Port}";
        }

        names["gateway"] = gateway;
        names["prometheus"] = status.Endpoints.Prometheus;
        names["alertmanager"] = status.Endpoints.Alertmanager;
        names["toxiproxy"] = status.Endpoints.Toxiproxy;
        return names;
    }
}
