using Back2Code.Lab.Supervision.Children;

namespace Back2Code.Lab.Supervision.Setup;

/// <summary>What a server needs around its start, beyond a command line.</summary>
internal interface IProcessSetup
{
    /// <summary>Before every start. The server is known to be dead.</summary>
    /// <exception cref="LabException">It cannot be started, and trying again would not help.</exception>
    Task PrepareAsync(LaunchPlan plan, CancellationToken cancellationToken);

    /// <summary>After every start, when the probe has succeeded; only then does the process count as ready.</summary>
    Task FinishAsync(CancellationToken cancellationToken);
}

internal sealed class NoSetup : IProcessSetup
{
    public static NoSetup Instance { get; } = new();

    public Task PrepareAsync(LaunchPlan plan, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task FinishAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
