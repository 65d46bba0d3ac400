using Back2Code.Resilience;

namespace Back2Code.Authentication;

/// <summary>
/// Keys of a file and keys from an address, for one issuer whose tokens are signed in two places: the identity service, and a tool beside it that has a key of its
/// own. Where both name one key id, the file's key counts.
/// </summary>
internal sealed class CombinedKeys(FileKeys file, RemoteKeys remote) : IVerificationKeys, IDisposable
{
    private volatile Union? _union;

    public async ValueTask<KeySet> CurrentAsync(CancellationToken cancellationToken)
    {
        var first = await file.CurrentAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return Combine(first, await remote.CurrentAsync(cancellationToken).ConfigureAwait(false));
        }
        catch (DependencyUnavailableException)
        {
            // Whoever has a token of the file's keys is not to wait for the other issuer; the others are told by RefreshAsync.
            return Combine(first, null);
        }
    }

    /// <exception cref="DependencyUnavailableException">The address has never answered, so that nobody knows whether the key is one of its.</exception>
    public async ValueTask<KeySet> RefreshAsync(KeySet known, CancellationToken cancellationToken)
    {
        var first = await file.CurrentAsync(cancellationToken).ConfigureAwait(false);
        var second = await remote.CurrentAsync(cancellationToken).ConfigureAwait(false);
        if (_union is { } union && ReferenceEquals(union.Keys, known) && ReferenceEquals(union.Remote, second))
        {
            first = await file.RefreshAsync(first, cancellationToken).ConfigureAwait(false);
            second = await remote.RefreshAsync(second, cancellationToken).ConfigureAwait(false);
        }

        return Combine(first, second);
    }

    public void Dispose() => remote.Dispose();

    /// <summary>The same instance for the same two sets: a new one makes every token be validated anew.</summary>
    private KeySet Combine(KeySet first, KeySet? second)
    {
        if (_union is { } union && ReferenceEquals(union.File, first) && ReferenceEquals(union.Remote, second))
        {
            return union.Keys;
        }

        var combined = new Union(first, second, second is null ? first : first.With(second));
        _union = combined;
        return combined.Keys;
    }

    private sealed record Union(KeySet File, KeySet? Remote, KeySet Keys);
}
