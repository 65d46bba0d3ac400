using Back2Code.Chaos.Faults;
using Back2Code.Chaos.Proxy;
using Back2Code.Lab.Supervision;

namespace Back2Code.Lab.Drills;

/// <summary>A running platform, as faults see it.</summary>
internal sealed class LabFaultTarget(LabClient lab, string faultsDirectory, HttpClient toxiproxy, TimeProvider clock) : IFaultTarget
{
    public string FaultsDirectory => faultsDirectory;

    public ToxiproxyClient Toxiproxy { get; } = new(toxiproxy);

    public TimeProvider Time => clock;

    public async Task<IReadOnlyList<TargetProcess>> ListProcessesAsync(CancellationToken cancellationToken) =>
        [.. (await lab.GetStatusAsync(cancellationToken)).Processes.Select(p => new TargetProcess(p.Name, p.Pid))];

    public Task HoldAsync(string process, TimeSpan lease, CancellationToken cancellationToken) => lab.HoldAsync(process, lease, cancellationToken);

    public Task ReleaseAsync(string process, CancellationToken cancellationToken) => lab.ReleaseAsync(process, cancellationToken);
}
