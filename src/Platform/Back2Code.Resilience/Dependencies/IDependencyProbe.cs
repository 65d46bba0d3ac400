namespace Back2Code.Resilience;

/// <summary>
/// Asks one backing service whether it answers. Every registered probe is run in the background about once a second;
/// its answer becomes the gauge <c>back2code_dependency_up</c> and a line of the health body.
/// </summary>
public interface IDependencyProbe
{
    /// <summary>Name of the dependency, the value of the <c>dependency</c> label: short, lower case, one per service ("postgres").</summary>
    string Name { get; }

    /// <summary>Completes when the dependency answered; throws when it did not. Must be safe to call again after any outcome.</summary>
    /// <param name="cancellationToken">Cancelled when the prober's time-out (1 s by default) has passed or the process stops.</param>
    ValueTask CheckAsync(CancellationToken cancellationToken);
}
