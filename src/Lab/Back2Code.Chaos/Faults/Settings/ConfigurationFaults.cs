using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Back2Code.Chaos.Faults.Servers;

namespace Back2Code.Chaos.Faults.Settings;

/// <summary>Settings that are wrong: of a service's way to its dependencies, and of the limits around them.</summary>
internal static partial class ConfigurationFaults
{
    private const string Postgres = "ConnectionStrings__Postgres";

    public static SettingFault Setting { get; } = new()
    {
        Type = "config.setting",
        Family = "configuration",
        Summary = "Restarts a process with one environment variable set to another value.",
        Symptom = "Whatever that setting does; replicas that differ in it are configuration drift.",
        Receipt = "The kernel's record of the new process has the variable with that value, and the process is ready.",
        Example = new("notes-1", ("name", "Resilience__postgres__MaxRetries"), ("value", "0")),
        Parameters = [new TextParameter("name", "The variable.", Required: true), new TextParameter("value", "Its value.", 1_000, Required: true)],
        Change = (_, s) => new() { [s.Choice("name", "")] = s.Choice("value", "") },
    };

    public static SettingFault WrongPassword { get; } = new()
    {
        Type = "config.wrong-password",
        Family = "configuration",
        Summary = "Restarts a service with a wrong password for PostgreSQL, as after a rotation that it has not heard of.",
        Symptom = "The service says in its log that the password is wrong and gives up, again and again; it is never ready. ReplicaDown, TargetDown.",
        Receipt = "The kernel's record of the new process has the wrong password, and the service is not ready after 8 s.",
        Example = new("notes-1"),
        Change = (environment, _) => new() { [Postgres] = PasswordText().Replace(Of(environment, Postgres), "Password=wrong") },
        Effect = SettingEffect.NotReady,
    };

    public static SettingFault WrongPort { get; } = new()
    {
        Type = "config.wrong-port",
        Family = "configuration",
        Summary = "Restarts a service with a wrong port for PostgreSQL.",
        Symptom = "The service runs and is never ready: it waits for its migrations, and its log says that the connection is refused. ReplicaDown.",
        Receipt = "The kernel's record of the new process has the wrong port, and the service is not ready after 8 s.",
        Example = new("notes-1"),
        Change = (environment, _) => new() { [Postgres] = PortText().Replace(Of(environment, Postgres), "Port=1") },
        Effect = SettingEffect.NotReady,
    };

    public static SettingFault NoSuchName { get; } = new()
    {
        Type = "dns.no-such-name",
        Family = "dns",
        Summary = "Restarts a service with a name for PostgreSQL's host that no name server knows.",
        Symptom = "As config.wrong-port, and the log says that the name is not known; with a name server that does not answer, each attempt waits for its time-out.",
        Receipt = "The kernel's record of the new process has the unknown name, and the service is not ready after 8 s.",
        Example = new("notes-1"),
        Change = (environment, _) => new() { [Postgres] = HostText().Replace(Of(environment, Postgres), "Host=postgres.back2code.invalid") },
        Effect = SettingEffect.NotReady,
    };

    public static SettingFault WrongAddress { get; } = new()
    {
        Type = "dns.wrong-address",
        Family = "dns",
        Summary = "Restarts a service with a name for PostgreSQL's host that leads to another address, as a stale or wrong record does.",
        Symptom = "As config.wrong-port: the name is known, and where it leads nobody listens, or somebody else. Only the address in the log tells.",
        Receipt = "The kernel's record of the new process has the name that leads elsewhere, and the service is not ready after 8 s.",
        Example = new("notes-1"),
        Parameters = [new NameParameter("name", "The name, or the address that a stale record gives; 127.0.0.2 when left out, which is this machine too and nobody's.", "[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?", "a host name")],
        Change = (environment, s) => new() { [Postgres] = HostText().Replace(Of(environment, Postgres), "Host=" + Elsewhere(s.Choice("name", "127.0.0.2"), Of(environment, Postgres))) },
        Effect = SettingEffect.NotReady,
    };

    public static SettingFault MissingVariable { get; } = new()
    {
        Type = "config.missing-variable",
        Family = "configuration",
        Summary = "Restarts a service without one of its environment variables.",
        Symptom = "Without one that it needs, the service says so in its log and ends; the supervisor starts it again and again, with growing pauses. ReplicaDown, TargetDown.",
        Receipt = "The service has been started twice without the variable, or once and has ended.",
        Example = new("notes-1"),
        Parameters = [new TextParameter("name", "The variable; ConnectionStrings__Postgres when left out.")],
        Change = (environment, s) =>
        {
            string name = s.Choice("name", Postgres);
            _ = Of(environment, name);
            return new() { [name] = null };
        },
        Effect = SettingEffect.Ends,
    };

    public static SettingFault ShortTimeout { get; } = new()
    {
        Type = "config.short-timeout",
        Family = "configuration",
        Summary = "Restarts a service with too little time for each attempt at PostgreSQL.",
        Symptom = "503 for what is a little slow, retries that make it slower, and an open circuit to a database that is well.",
        Receipt = "The kernel's record of the new process has the short time-out, and the service is ready.",
        Example = new("notes-1", ("timeout", "10ms")),
        Parameters = [new DurationParameter("timeout", "For each attempt.", TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(1), Required: true)],
        Change = (_, s) => new() { ["Resilience__postgres__AttemptTimeout"] = s.Duration("timeout")!.Value.ToString("c", CultureInfo.InvariantCulture) },
    };

    public static SettingFault SmallBulkhead { get; } = new()
    {
        Type = "config.small-bulkhead",
        Family = "configuration",
        Summary = "Restarts a service that may have so few calls to PostgreSQL under way, with nobody waiting.",
        Symptom = "503 under quite ordinary load, `back2code_bulkhead_shed` counts up, and PostgreSQL idles.",
        Receipt = "The kernel's record of the new process has the small bulkhead, and the service is ready.",
        Example = new("notes-1", ("limit", "1")),
        Parameters = [new NumberParameter("limit", "Calls under way at once.", 1, 1_000, Required: true)],
        Change = (_, s) => new()
        {
            ["Resilience__postgres__MaxConcurrency"] = s.Number("limit").ToString(CultureInfo.InvariantCulture),
            ["Resilience__postgres__MaxQueue"] = "0",
        },
    };

    public static SettingFault NaiveBreaker { get; } = new()
    {
        Type = "config.naive-breaker",
        Family = "configuration",
        Summary = "Restarts a service with a circuit breaker that does not count calls without an answer in time.",
        Symptom = "Nothing, until the dependency is slow: then every call waits for its time-out, because the circuit stays closed. A second fault is needed to see it.",
        Receipt = "The kernel's record of the new process has the naive breaker, and the service is ready.",
        Example = new("notes-1"),
        Change = (_, _) => new() { ["Resilience__postgres__TimeoutsOpenCircuit"] = "false" },
    };

    public static SettingFault NaiveQueue { get; } = new()
    {
        Type = "config.naive-queue",
        Family = "configuration",
        Summary = "Restarts a service that refuses nothing: few places for calls to PostgreSQL, a queue for all the others, a minute of patience, no circuit.",
        Symptom = "Nothing, until work comes faster than it is done: then everybody waits in one long queue, and what is done was given up by its caller long ago.",
        Receipt = "The kernel's record of the new process has the long queue, and the service is ready.",
        Example = new("notes-1", ("limit", "1")),
        Parameters = [new NumberParameter("limit", "Calls under way at once.", 1, 1_000, Required: true)],
        Change = (_, s) => new()
        {
            ["Resilience__postgres__MaxConcurrency"] = s.Number("limit").ToString(CultureInfo.InvariantCulture),
            ["Resilience__postgres__MaxQueue"] = "100000",
            ["Resilience__postgres__QueueTimeout"] = "00:01:00",
            ["Resilience__postgres__TotalTimeout"] = "00:01:00",
            ["Resilience__postgres__AttemptTimeout"] = "00:00:30",
            ["Resilience__postgres__MaxRetries"] = "0",
            ["Resilience__postgres__MinimumThroughput"] = "10000",
        },
    };

    /// <summary>The name, if it leads to addresses and to none that the service is to use.</summary>
    private static string Elsewhere(string name, string connection)
    {
        try
        {
            var right = Dns.GetHostAddresses(HostText().Match(connection).Value["Host=".Length..]);
            return !Dns.GetHostAddresses(name).Intersect(right).Any()
                ? name
                : throw new FaultException($"dns.wrong-address: '{name}' leads to where PostgreSQL is; give another name.");
        }
        catch (SocketException e)
        {
            throw new FaultException($"dns.wrong-address: a name leads nowhere: {e.Message}; for that there is dns.no-such-name.", e);
        }
    }

    private static string Of(IReadOnlyDictionary<string, string> environment, string name) =>
        environment.TryGetValue(name, out string? value) ? value : throw new FaultException($"The process runs without {name}, so it cannot be made wrong.");

    [GeneratedRegex("Password=[^;]*", RegexOptions.IgnoreCase)]
    private static partial Regex PasswordText();

    [GeneratedRegex("Port=[0-9]+", RegexOptions.IgnoreCase)]
    private static partial Regex PortText();

    [GeneratedRegex("Host=[^;]*", RegexOptions.IgnoreCase)]
    private static partial Regex HostText();
}
