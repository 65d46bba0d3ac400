using Polly;

namespace Back2Code.Resilience;

/// <summary>
/// The same disturbances for a dependency whose client keeps its own limits and has no pipeline around it, such as the Redis client. It is registered only where chaos
/// is enabled. Thread-safe.
/// </summary>
public sealed class ClientChaos
{
    private readonly DependencyChaos _chaos;
    private readonly TimeProvider _time;
    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, ResiliencePipeline> _points = new(StringComparer.Ordinal);

    internal ClientChaos(DependencyChaos chaos, TimeProvider time) => (_chaos, _time) = (chaos, time);

    /// <summary>Makes one call to a dependency, or what a disturbance makes of it.</summary>
    /// <param name="dependency">Its name, as that of its probe.</param>
    /// <param name="call">The call.</param>
    /// <param name="cancellationToken">Ends an injected wait, too; the client's own limits have to be in it.</param>
    public async ValueTask<T> ExecuteAsync<T>(string dependency, Func<CancellationToken, ValueTask<T>> call, CancellationToken cancellationToken) =>
        await _points.GetOrAdd(dependency, name => _chaos.PointOf(name, _time)).ExecuteAsync(call, cancellationToken).ConfigureAwait(false);
}
