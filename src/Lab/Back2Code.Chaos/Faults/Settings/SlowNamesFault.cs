using System.Net;
using System.Net.Sockets;
using Back2Code.Chaos.Faults.Postgres;
using Back2Code.Chaos.Faults.Servers;
using Back2Code.Chaos.Faults.Services;
using Npgsql;

namespace Back2Code.Chaos.Faults.Settings;

/// <summary>
/// <c>dns.slow</c>: looking names up takes a service longer. The topology gives addresses, so the service is restarted once with a name for PostgreSQL's host. Its switch then
/// keeps each look-up. A slow name server for one process alone would take port 53, which is root's, and a name space of mounts.
/// </summary>
internal sealed class SlowNamesFault : IFault
{
    private const string Kind = "slow-names";
    private const string Variable = "ConnectionStrings__Postgres";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public string Type => "dns.slow";

    public string Family => "dns";

    public string Summary => "Restarts a service with a name for PostgreSQL's host, has each look-up of a name take longer in it, and ends its sessions so that it connects anew.";

    public string Symptom => "Connections that stand are as quick as ever; each new one waits for the name, one look-up after the other. After a cut, 503 and late answers from this service only, while PostgreSQL idles.";

    public string Receipt => "The service has counted look-ups of names that it kept, after its sessions were ended on the server.";

    public string Undo => $"Tells each service to end its {Kind} and starts it as the topology says; a service ends it by itself soon after the lease.";

    public FaultExample Example { get; } = new("notes-1", ("latency", "200ms"));

    public FaultTargetKind TargetKind => FaultTargetKind.Process;

    public bool Lasts => true;

    public IReadOnlyList<FaultParameter> Parameters { get; } =
    [
        new DurationParameter("latency", "How much longer each look-up takes.", TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(30), Required: true),
        new RatioParameter("ratio", "The share of look-ups; all when left out."),
        new NameParameter("name", "A name that leads to PostgreSQL's host; localhost when left out.", "[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?", "a host name"),
    ];

    public async Task<InjectedFault> InjectAsync(FaultContext context, CancellationToken cancellationToken)
    {
        var settings = FaultSettings.Of(this, context);
        var platform = context.Platform;
        await ServiceSwitch.ResolveAsync(context, Kind, cancellationToken);
        List<Target> targets = [];
        foreach (var process in TargetPattern.Resolve(context.Target, "process", await platform.ListProcessesAsync(cancellationToken), p => p.Name))
        {
            int pid = process.Pid ?? throw new FaultException($"{process.Name} is not running, so its names cannot be slow.");
            var environment = ProcessEnvironment.Read(process.Name, pid);
            string text = environment.GetValueOrDefault(Variable) ?? throw new FaultException($"{process.Name} has no connection to PostgreSQL ({Variable}), so there is no name to look up.");
            var connection = new NpgsqlConnectionStringBuilder(text);
            connection.Host = await LeadsThereAsync(settings.Choice("name", "localhost"), connection.Host!, cancellationToken);
            targets.Add(new Target(process, connection.ConnectionString));
        }

        return await Injection.RunAsync(
            this,
            context,
            context.For,
            [.. targets.Select(t => new EndDisturbance(t.Process.Name, Kind)), .. targets.Select(t => new RestoreProcess(t.Process.Name))],
            async token =>
            {
                List<Evidence> evidence = [];
                foreach (var target in targets)
                {
                    evidence.Add(await SlowDownAsync(context, settings, target, token));
                }

                return evidence;
            },
            sumUp: null,
            cancellationToken);
    }

    public Task<IReadOnlyList<string>> FindTracesAsync(IFaultTarget platform, CancellationToken cancellationToken) => ServiceSwitch.FindStandingAsync(platform, Kind, cancellationToken);

    private static async Task<Evidence> SlowDownAsync(FaultContext context, FaultSettings settings, Target target, CancellationToken cancellationToken)
    {
        var (platform, name) = (context.Platform, target.Process.Name);
        await Peers.AwaitInServiceAsync(platform, name, cancellationToken);
        await platform.OverrideAsync(name, new LaunchOverride { Environment = new Dictionary<string, string?> { [Variable] = target.Connection } }, cancellationToken);
        if (await AwaitOtherAsync(platform, target.Process, cancellationToken) is not { } now)
        {
            return Evidence.NotSeen($"{name}: is not ready {Patience.TotalSeconds:0} s after it was given a name for PostgreSQL's host");
        }

        var service = ServiceSwitch.Of(now, platform.ChaosToken!, Kind);
        var order = new Dictionary<string, object> { ["delayMs"] = settings.Duration("latency")!.Value.TotalMilliseconds, ["ratio"] = settings.Ratio("ratio", 1) };
        await service.StartAsync(context.FaultId, order, ServiceFault.LeaseOf(context), cancellationToken);
        int ended = await EndSessionsAsync(context, name, cancellationToken);
        var (reading, took) = await Watch.UntilAsync(platform, Patience, token => service.ReadAsync(context.FaultId, token), r => r is not { Struck: 0 }, cancellationToken);
        return reading is { Struck: > 0 }
            ? Evidence.Seen($"{name}: pid {now.Pid} has kept {reading.Struck} of {reading.Seen} look-ups of names, {took.TotalMilliseconds:0} ms after {ended} of its sessions were ended")
            : Evidence.NotSeen($"{name}: pid {now.Pid} has looked up {reading?.Seen ?? 0} names and kept none, {took.TotalSeconds:0} s after {ended} of its sessions were ended");
    }

    /// <returns>The process that runs in place of the one before, once it is ready; null when that does not come.</returns>
    private static async Task<TargetProcess?> AwaitOtherAsync(IFaultTarget platform, TargetProcess before, CancellationToken cancellationToken)
    {
        var (found, _) = await Watch.UntilAsync(
            platform,
            Patience,
            async token =>
            {
                var now = (await platform.ListProcessesAsync(token)).First(p => p.Name == before.Name);
                return now is { Pid: not null, Port: not null } && now.StartTicks != before.StartTicks && await HealthProbe.IsReadyAsync(now, token) ? now : null;
            },
            found => found is not null,
            cancellationToken);
        return found;
    }

    /// <summary>Its sessions are named after the instance, with what they are for in brackets.</summary>
    private static async Task<int> EndSessionsAsync(FaultContext context, string instance, CancellationToken cancellationToken)
    {
        await using var session = await PostgresSession.OpenToActAsync(context, cancellationToken);
        var ended = await session.ListAsync<int>(
            """
            SELECT pid FROM (
              SELECT pid, pg_terminate_backend(pid) AS told FROM pg_stat_activity
              WHERE backend_type = 'client backend' AND (application_name = @instance OR starts_with(application_name, @instance || ' ('))) AS ended
            WHERE told
            """,
            cancellationToken, ("instance", instance));
        return ended.Count;
    }

    /// <summary>The name, if it leads to where the service's database is.</summary>
    private static async Task<string> LeadsThereAsync(string name, string host, CancellationToken cancellationToken)
    {
        try
        {
            var right = await Dns.GetHostAddressesAsync(host, cancellationToken);
            return (await Dns.GetHostAddressesAsync(name, cancellationToken)).Intersect(right).Any()
                ? name
                : throw new FaultException($"dns.slow: '{name}' does not lead to {host}, where the service's database is; for that there is dns.wrong-address.");
        }
        catch (SocketException e)
        {
            throw new FaultException($"dns.slow: a name leads nowhere: {e.Message}; for that there is dns.no-such-name.", e);
        }
    }

    /// <param name="Connection">To PostgreSQL, by a name.</param>
    private sealed record Target(TargetProcess Process, string Connection);
}
