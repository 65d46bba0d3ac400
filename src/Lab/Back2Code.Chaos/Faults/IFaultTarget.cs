using Back2Code.Chaos.Identity;
using Back2Code.Chaos.Proxy;

namespace Back2Code.Chaos.Faults;

/// <summary>The platform as a fault sees it: the seam between this library and whoever supervises the processes.</summary>
public interface IFaultTarget
{
    /// <summary>Where undo records are kept (<c>faults/</c> in the state folder); made when missing.</summary>
    string FaultsDirectory { get; }

    /// <summary>The API of the fault proxy; its proxies are the links.</summary>
    ToxiproxyClient Toxiproxy { get; }

    TimeProvider Time { get; }

    /// <summary>The platform's state folder.</summary>
    string StateDirectory => throw NotHere("state folder");

    /// <summary>The superuser's way to the PostgreSQL server itself, not through a link.</summary>
    string PostgresConnectionString => throw NotHere("PostgreSQL");

    /// <summary>The password with which a service logs in as this role; null when the platform does not know it.</summary>
    string? PostgresPasswordOf(string role) => null;

    /// <summary>Redis itself, not through a link.</summary>
    RedisAddress Redis => throw NotHere("Redis");

    /// <summary>An administrator's way to the RabbitMQ broker itself, not through a link.</summary>
    string RabbitMqUri => throw NotHere("RabbitMQ");

    /// <summary>The secret that the services' chaos switches ask for; null when they were started without them.</summary>
    string? ChaosToken => null;

    /// <summary>The identity service itself, not through the gateway, and the lab's client there.</summary>
    IdentityAccess Identity => throw NotHere("identity service");

    /// <summary>Every process of the topology, running or not.</summary>
    Task<IReadOnlyList<TargetProcess>> ListProcessesAsync(CancellationToken cancellationToken);

    /// <summary>Asks the supervisor not to restart a process until the lease ends or <see cref="ReleaseAsync"/> is called.</summary>
    Task HoldAsync(string process, TimeSpan lease, CancellationToken cancellationToken);

    /// <summary>Ends a hold; the process starts again at once. Without a hold, nothing happens.</summary>
    Task ReleaseAsync(string process, CancellationToken cancellationToken);

    /// <summary>Runs <c>rabbitmqctl</c> against the platform's broker and returns what it printed.</summary>
    /// <exception cref="FaultException">It failed; the message holds its words.</exception>
    Task<string> RunRabbitMqCtlAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken) => throw NotHere("RabbitMQ");

    /// <summary>One command to HAProxy's runtime API, and its answer.</summary>
    Task<string> GatewayAsync(string command, CancellationToken cancellationToken) => throw NotHere("gateway");

    /// <summary>Has the supervisor restart a process with a changed environment, and keep it so until <see cref="RestoreAsync"/>.</summary>
    Task OverrideAsync(string process, LaunchOverride change, CancellationToken cancellationToken) => throw NotHere("supervisor that changes settings");

    /// <summary>Restarts a process as the topology has it. Without an override, nothing happens.</summary>
    Task RestoreAsync(string process, CancellationToken cancellationToken) => throw NotHere("supervisor that changes settings");

    /// <summary>A bearer token of a user that the platform's services accept, to do what an analyst may.</summary>
    Task<string> CreateTokenAsync(string user, TimeSpan lifetime, CancellationToken cancellationToken) => throw NotHere("tokens");

    /// <summary>
    /// Starts a process of our own that loads the machine. It is the lab's child: it dies with the lab, at the end of its lease, or by <see cref="StopWorkerAsync"/>.
    /// </summary>
    /// <returns>The process.</returns>
    Task<TargetProcess> StartWorkerAsync(FaultWorker worker, CancellationToken cancellationToken) => throw NotHere("supervisor that starts workers");

    /// <summary>Ends a worker. One that is not there any more is fine.</summary>
    /// <returns>False when it was not there.</returns>
    Task<bool> StopWorkerAsync(string id, CancellationToken cancellationToken) => throw NotHere("supervisor that starts workers");

    private static FaultException NotHere(string what) => new($"This platform has no {what}.");
}

/// <summary>A process of our own that loads the machine.</summary>
/// <param name="Id">Letters, digits and dashes. Known before it starts, so that it can be ended whatever happens.</param>
/// <param name="Arguments">For <c>back2code worker</c>, such as <c>cpu --share 100</c>.</param>
/// <param name="Lease">It ends by itself after this time.</param>
public sealed record FaultWorker(string Id, IReadOnlyList<string> Arguments, TimeSpan Lease)
{
    /// <summary>What must not stand on a command line, which every user of the machine can read: a token.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
}

/// <summary>How a process is to be started other than the topology says.</summary>
public sealed record LaunchOverride
{
    /// <summary>Environment variables to set; null removes one.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();
}

/// <summary>Where Redis listens, and the secret of its default user.</summary>
public sealed record RedisAddress(string Host, int Port, string Password);

/// <summary>A process of the topology.</summary>
/// <param name="Name">Its name in the topology.</param>
/// <param name="Pid">Null while it is not running.</param>
/// <param name="StartTicks">Field 22 of <c>/proc/PID/stat</c> when the supervisor knows it: tells this process from a later one with the same id.</param>
/// <param name="Port">Where it listens on 127.0.0.1; null when it has no port of its own.</param>
/// <param name="Overridden">Whether it runs with other settings than the topology's (<see cref="IFaultTarget.OverrideAsync"/>).</param>
public sealed record TargetProcess(string Name, int? Pid, long? StartTicks = null, int? Port = null, bool Overridden = false);
