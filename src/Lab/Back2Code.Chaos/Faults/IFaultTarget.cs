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

    /// <summary>Every process of the topology, running or not.</summary>
    Task<IReadOnlyList<TargetProcess>> ListProcessesAsync(CancellationToken cancellationToken);

    /// <summary>Asks the supervisor not to restart a process until the lease ends or <see cref="ReleaseAsync"/> is called.</summary>
    Task HoldAsync(string process, TimeSpan lease, CancellationToken cancellationToken);

    /// <summary>Ends a hold; the process starts again at once. Without a hold, nothing happens.</summary>
    Task ReleaseAsync(string process, CancellationToken cancellationToken);
}

/// <summary>A process of the topology.</summary>
/// <param name="Name">Its name in the topology.</param>
/// <param name="Pid">Null while it is not running.</param>
/// <param name="StartTicks">Field 22 of <c>/proc/PID/stat</c> when the supervisor knows it: tells this process from a later one with the same id.</param>
public sealed record TargetProcess(string Name, int? Pid, long? StartTicks = null);
