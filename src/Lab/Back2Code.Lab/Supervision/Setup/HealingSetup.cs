using Back2Code.Lab.Supervision.Children;

namespace Back2Code.Lab.Supervision.Setup;

/// <summary>Undoes what an earlier platform left behind in a server as soon as it answers, before it counts as ready and anybody uses it.</summary>
internal sealed class HealingSetup(IProcessSetup inner, Func<CancellationToken, Task> heal) : IProcessSetup
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    public Task PrepareAsync(LaunchPlan plan, CancellationToken cancellationToken) => inner.PrepareAsync(plan, cancellationToken);

    public async Task FinishAsync(CancellationToken cancellationToken)
    {
        await inner.FinishAsync(cancellationToken);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            await heal(limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // A platform that starts with a fault in it is better than one that does not start; the record stays, and the lab goes on trying.
        }
    }
}
