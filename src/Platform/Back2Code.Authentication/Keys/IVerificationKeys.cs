using Back2Code.Resilience;

namespace Back2Code.Authentication;

/// <summary>Where the issuer's public keys come from.</summary>
internal interface IVerificationKeys
{
    /// <summary>The keys known now. A new instance means that they changed.</summary>
    /// <exception cref="DependencyUnavailableException">No keys could be had since the start.</exception>
    ValueTask<KeySet> CurrentAsync(CancellationToken cancellationToken);

    /// <summary>Looks for newer keys because <paramref name="known"/> lacks one; returns <paramref name="known"/> itself when there are none.</summary>
    ValueTask<KeySet> RefreshAsync(KeySet known, CancellationToken cancellationToken);
}
