using Back2Code.Chaos.Faults.Data;
using Back2Code.Chaos.Faults.Disk;
using Back2Code.Chaos.Faults.Gateway;
using Back2Code.Chaos.Faults.Http;
using Back2Code.Chaos.Faults.Identity;
using Back2Code.Chaos.Faults.Keys;
using Back2Code.Chaos.Faults.Limits;
using Back2Code.Chaos.Faults.Links;
using Back2Code.Chaos.Faults.Machine;
using Back2Code.Chaos.Faults.Postgres;
using Back2Code.Chaos.Faults.Processes;
using Back2Code.Chaos.Faults.RabbitMq;
using Back2Code.Chaos.Faults.Redis;
using Back2Code.Chaos.Faults.Services;
using Back2Code.Chaos.Faults.Services.Dotnet;
using Back2Code.Chaos.Faults.Settings;
using Back2Code.Chaos.Faults.Traffic;

namespace Back2Code.Chaos.Faults;

/// <summary>Every fault there is, by type.</summary>
public static class FaultCatalogue
{
    public static IReadOnlyList<IFault> All { get; } =
    [
        // process, cpu-memory, disk
        new KillFault(),
        new TerminateFault(),
        new FreezeFault(),
        new CrashLoopFault(),
        new PortTakenFault(),
        new FilesLimitFault(),
        new StutterFault(),
        new PinFault(),
        new DeprioritizeFault(),
        new CpuBurnFault(),
        new MemoryHogFault(),
        new MemoryLimitFault(),
        new DiskFillFault(),
        new DiskFullFault(),
        new DiskLoadFault(),
        new ReadOnlyFault(),
        new LogFloodFault(),

        // tcp, http
        LinkFaults.Latency,
        LinkFaults.Bandwidth,
        LinkFaults.Timeout,
        LinkFaults.Reset,
        new DownFault(),
        LinkFaults.SlowClose,
        LinkFaults.Slice,
        LinkFaults.LimitData,
        LinkFaults.Cut,
        LinkFaults.Corrupt,
        LinkFaults.Refuse,
        LinkFaults.Hang,
        new FloodFault(),
        HttpFaults.Delay,
        HttpFaults.Status,
        HttpFaults.WrongContentType,
        HttpFaults.HugeHeader,
        HttpFaults.RetryAfter,
        HttpFaults.Abort,
        HttpFaults.Truncate,

        // postgres, redis, rabbitmq, data
        new LockTableFault(),
        new LockRowsFault(),
        new IdleInTransactionFault(),
        new LongQueryFault(),
        new TerminateBackendsFault(),
        new DeadlocksFault(),
        new DropIndexFault(),
        new StaleStatisticsFault(),
        new SlowWritesFault(),
        new CheckpointStormFault(),
        .. ServerSettingFault.All,
        .. RoleFault.All,
        new RevokeFault(),
        new FlushFault(),
        new ExpireAllFault(),
        new MaxMemoryFault(),
        new FillMemoryFault(),
        new PauseFault(),
        new SlowCommandsFault(),
        new KillClientsFault(),
        new ForgetScriptsFault(),
        new WrongPasswordFault(),
        .. AlarmFault.All,
        new CloseConnectionsFault(),
        new RevokePermissionFault(),
        new UnbindFault(),
        new QueueDeletedFault(),
        new StuckConsumerFault(),
        new PublishFloodFault(),
        RepeatedDeliveryFault.Exact,
        BadEventFault.Poison,
        RepeatedDeliveryFault.Republished,
        RepeatedDeliveryFault.Batch,
        .. BadEventFault.Events,

        // gateway, traffic, time, configuration, deploy, keys, dns
        GatewayServerFaults.Drain,
        GatewayServerFaults.Maintenance,
        GatewayServerFaults.Weight,
        GatewayServerFaults.ServerConnections,
        GatewayServerFaults.WrongPort,
        GatewayServerFaults.ChecksOff,
        FrontendFault.MaxConnections,
        FrontendFault.RateLimit,
        FrontendFault.Closed,
        TrafficFaults.Spike,
        TrafficFaults.ConnectionFlood,
        TrafficFaults.SlowClients,
        TrafficFaults.RetryClients,
        ApplicationFaults.ClockSkew,
        ApplicationFaults.Rollover,
        ConfigurationFaults.Setting,
        ConfigurationFaults.WrongPassword,
        ConfigurationFaults.WrongPort,
        ConfigurationFaults.MissingVariable,
        ConfigurationFaults.ShortTimeout,
        ConfigurationFaults.SmallBulkhead,
        ConfigurationFaults.NaiveBreaker,
        ConfigurationFaults.NaiveQueue,
        DeployFaults.BadRelease,
        DeployFaults.SlowStart,
        DeployFaults.BrokenArtifact,
        JwksFault.Replaced,
        JwksFault.Corrupt,
        JwksFault.Missing,
        new KeysRotatedFault(),
        KeyFaults.Unreachable,
        new CertificateFault(),
        ConfigurationFaults.NoSuchName,
        ConfigurationFaults.WrongAddress,
        new SlowNamesFault(),
        new SecretRotatedFault(),

        // identity
        new CredentialStuffingFault(),
        new StolenRefreshTokenFault(),
        new AuditAlteredFault(),

        // application, dotnet
        ApplicationFaults.Errors,
        ApplicationFaults.Exceptions,
        ApplicationFaults.Latency,
        ApplicationFaults.LogFlood,
        ApplicationFaults.MetricsGap,
        ApplicationFaults.ReadinessLie,
        DependencyFaults.Faults,
        DependencyFaults.Latency,
        DependencyFaults.Outcomes,
        DependencyFaults.Blocking,
        ResourceFaults.MemoryLeak,
        ResourceFaults.GcPressure,
        ResourceFaults.Cpu,
        ResourceFaults.ThreadStarvation,
        ResourceFaults.LockConvoy,
        new HangOnStopFault(),
    ];

    /// <exception cref="FaultException">No such type; the message lists those there are.</exception>
    public static IFault Find(string type) =>
        All.FirstOrDefault(f => f.Type == type)
        ?? throw new FaultException($"There is no fault of type '{type}'. Known: {string.Join(", ", All.Select(f => f.Type))}.");

    /// <summary>
    /// Checks a fault of a drill before anything is started: all errors at once, empty when it is fine. Whether the target exists is known only at injection.
    /// </summary>
    public static IReadOnlyList<string> Validate(string type, string target, IReadOnlyDictionary<string, string> parameters, TimeSpan? @for)
    {
        try
        {
            return FaultSettings.Check(Find(type), target, parameters, @for);
        }
        catch (FaultException e)
        {
            return [e.Message];
        }
    }
}
