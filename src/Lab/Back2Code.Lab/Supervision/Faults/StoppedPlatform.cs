using Back2Code.Chaos.Faults;
using Back2Code.Chaos.Proxy;

namespace Back2Code.Lab.Supervision.Faults;

/// <summary>A platform that does not run, as undo steps see it: its folders and nothing else.</summary>
internal sealed class StoppedPlatform(StatePaths paths, TimeProvider time) : IFaultTarget
{
    public string FaultsDirectory => paths.Faults;

    public string StateDirectory => paths.Root;

    public TimeProvider Time => time;

    public ToxiproxyClient Toxiproxy => throw NotRunning();

    public Task<IReadOnlyList<TargetProcess>> ListProcessesAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<TargetProcess>>([]);

    public Task HoldAsync(string process, TimeSpan lease, CancellationToken cancellationToken) => throw NotRunning();

    public Task ReleaseAsync(string process, CancellationToken cancellationToken) => throw NotRunning();

    private static FaultException NotRunning() => new("The platform does not run.");
}
