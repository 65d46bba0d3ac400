using Back2Code.Authentication;
using Back2Code.Chaos.Faults;
using Back2Code.Chaos.Faults.RabbitMq;
using Back2Code.Chaos.Identity;
using Back2Code.Chaos.Proxy;
using Back2Code.Lab.Supervision;
using Back2Code.Lab.Supervision.Setup;
using Back2Code.Lab.Supervision.State;

namespace Back2Code.Lab.Drills;

/// <summary>A running platform, as faults see it: its control API, its fault proxy and its state folder.</summary>
internal sealed class LabFaultTarget : IFaultTarget, IDisposable
{
    private readonly LabClient _lab;
    private readonly StatePaths _paths;
    private readonly HttpClient _toxiproxy;
    private readonly SecretStore _secrets;
    private readonly Dictionary<string, int> _ports;

    /// <param name="status">For what does not change while the platform runs: names, ports, links.</param>
    public LabFaultTarget(LabClient lab, StatePaths paths, LabStatus status, TimeProvider clock)
    {
        _lab = lab;
        _paths = paths;
        Time = clock;
        _secrets = new SecretStore(paths);
        _ports = status.Processes.Where(p => p.Port is not null).ToDictionary(p => p.Name, p => p.Port!.Value);
        ChaosToken = _secrets.TryGet("chaos");
        _toxiproxy = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        if (status.Endpoints.Toxiproxy is { } address)
        {
            _toxiproxy.BaseAddress = new Uri(address + "/");
        }
    }

    public string FaultsDirectory => _paths.Faults;

    public string StateDirectory => _paths.Root;

    /// <exception cref="FaultException">The topology has no fault proxy.</exception>
    public ToxiproxyClient Toxiproxy =>
        _toxiproxy.BaseAddress is null ? throw new FaultException("The topology has no toxiproxy; faults on links need it.") : new ToxiproxyClient(_toxiproxy);

    public TimeProvider Time { get; }

    public string? ChaosToken { get; }

    public string PostgresConnectionString =>
        $"Host=127.0.0.1;Port={PortOf("postgres")};Database={PostgresSetup.Database};Username={PostgresSetup.Superuser};Password={SecretOf(PostgresSetup.SuperuserSecret)}";

    public string? PostgresPasswordOf(string role) => _secrets.TryGet(PostgresSetup.SecretOf(role));

    public RedisAddress Redis => new("127.0.0.1", PortOf("redis"), SecretOf("redis"));

    public string RabbitMqUri => $"amqp://back2code:{SecretOf("rabbitmq")}@127.0.0.1:{PortOf("rabbitmq")}/";

    public IdentityAccess Identity => new(new Uri($"http://127.0.0.1:{PortOf("identity")}"), LabIdentity.ClientId, SecretOf(LabIdentity.ClientSecret));

    public async Task<IReadOnlyList<TargetProcess>> ListProcessesAsync(CancellationToken cancellationToken) =>
        await _lab.ListProcessesAsync(cancellationToken);

    public Task HoldAsync(string process, TimeSpan lease, CancellationToken cancellationToken) => _lab.HoldAsync(process, lease, cancellationToken);

    public Task ReleaseAsync(string process, CancellationToken cancellationToken) => _lab.ReleaseAsync(process, cancellationToken);

    public async Task<string> RunRabbitMqCtlAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var broker = (await ListProcessesAsync(cancellationToken)).FirstOrDefault(p => p.Name == "rabbitmq");
        return await RabbitMqCtl.RunAsync(broker?.Pid ?? throw new FaultException("rabbitmq is not running."), arguments, cancellationToken);
    }

    public Task<string> GatewayAsync(string command, CancellationToken cancellationToken) => Plainly(_lab.AskGatewayAsync(command, cancellationToken));

    public Task OverrideAsync(string process, LaunchOverride change, CancellationToken cancellationToken) =>
        Plainly(_lab.OverrideAsync(process, change.Environment, cancellationToken));

    public Task RestoreAsync(string process, CancellationToken cancellationToken) => Plainly(_lab.RestoreAsync(process, cancellationToken));

    public Task<string> CreateTokenAsync(string user, TimeSpan lifetime, CancellationToken cancellationToken) =>
        Task.FromResult(LabTokens.Create(_paths, PortOf("gateway"), user, lifetime, Roles.Analyst));

    public Task<TargetProcess> StartWorkerAsync(FaultWorker worker, CancellationToken cancellationToken) => _lab.StartWorkerAsync(worker, cancellationToken);

    public Task<bool> StopWorkerAsync(string id, CancellationToken cancellationToken) => _lab.StopWorkerAsync(id, cancellationToken);

    public void Dispose() => _toxiproxy.Dispose();

    private int PortOf(string server) => _ports.TryGetValue(server, out var port) ? port : throw new FaultException($"This platform has no {server}.");

    private string SecretOf(string name) => _secrets.TryGet(name) ?? throw new FaultException($"This platform has no secret '{name}'.");

    /// <summary>What the lab refuses is a fault that cannot be injected as asked.</summary>
    private static async Task<T> Plainly<T>(Task<T> work)
    {
        try
        {
            return await work;
        }
        catch (LabException e)
        {
            throw new FaultException(e.Message, e);
        }
    }

    private static async Task Plainly(Task work)
    {
        try
        {
            await work;
        }
        catch (LabException e)
        {
            throw new FaultException(e.Message, e);
        }
    }
}
