using System.Text.Json.Serialization;

namespace Back2Code.Lab.Supervision;

/// <summary>What the lab answers to <c>GET /v1/status</c> and <c>back2code status --json</c> prints.</summary>
/// <param name="TimeScale">What the windows of objectives are divided by.</param>
public sealed record LabStatus(
    int LabPid,
    string StateDirectory,
    int PortBase,
    DateTimeOffset StartedAt,
    bool Ready,
    IReadOnlyList<ProcessStatus> Processes,
    IReadOnlyList<LinkStatus> Links,
    LabEndpoints Endpoints,
    decimal TimeScale = PlatformOptions.DefaultTimeScale);

/// <summary>One supervised process. <see cref="Pid"/> is null while it is not running.</summary>
/// <param name="StartTicks">Field 22 of /proc/PID/stat: with the pid it names this process and no later one with the same number.</param>
/// <param name="Overridden">A fault has it run with other settings than the topology's.</param>
/// <param name="MemoryBytes">Proportional set size of the process and everything that it started.</param>
public sealed record ProcessStatus(
    string Name,
    ProcessState State,
    int? Pid,
    int? Port,
    int Restarts,
    DateTimeOffset? StartedAt,
    double? UptimeSeconds,
    double? CpuPercent,
    long? MemoryBytes,
    string? Detail,
    long? StartTicks = null,
    bool Overridden = false);

/// <summary>One directed network edge through the fault proxy; both ports are on 127.0.0.1.</summary>
public sealed record LinkStatus(string Name, string Client, string Server, int ListenPort, int UpstreamPort);

/// <summary>Base URLs, without a slash at the end. Null where the topology has no such process.</summary>
/// <param name="GatewayTls">The gateway by HTTPS, with a certificate of the state folder's <c>ca.pem</c>.</param>
public sealed record LabEndpoints(string? Gateway, string? Prometheus, string? Alertmanager, string? Toxiproxy, string? GatewayTls = null);

/// <summary>Where a process stands. <see cref="Held"/> is down on purpose: a lease keeps the supervisor from restarting it.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ProcessState>))]
public enum ProcessState
{
    [JsonStringEnumMemberName("pending")] Pending,
    [JsonStringEnumMemberName("starting")] Starting,
    [JsonStringEnumMemberName("ready")] Ready,
    [JsonStringEnumMemberName("unready")] Unready,
    [JsonStringEnumMemberName("backoff")] Backoff,
    [JsonStringEnumMemberName("held")] Held,
    [JsonStringEnumMemberName("stopped")] Stopped,
    [JsonStringEnumMemberName("failed")] Failed,
}
