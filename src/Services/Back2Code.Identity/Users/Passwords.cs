using Back2Code.Resilience;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace Back2Code.Identity;

/// <summary>
/// Hashes passwords (PBKDF2 with HMAC-SHA512) and compares them. Each hash keeps a core busy for a tenth of a second, so at most one runs for two
/// cores, and who would wait longer than a moment is asked to come again: a flood of sign-ins must not take the processor from everything else. Those who ask
/// have their turns one after the other, so a flood from one address does not keep the others waiting.
/// </summary>
internal sealed class Passwords
{
    public const int Shortest = 12;
    public const int Longest = 256;

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2);

    private readonly PasswordHasher<User> _hasher;
    private readonly Turns _cores;
    private readonly string _nobodys;

    public Passwords(IOptions<IdentityOptions> options, TimeProvider time)
    {
        // More than this could not have its turn in time anyway.
        _cores = new(Math.Max(1, Environment.ProcessorCount / 2), mostWaiting: 128, mostWaitingEach: 16, time);
        _hasher = new PasswordHasher<User>(Options.Create(new PasswordHasherOptions { IterationCount = options.Value.PasswordIterations }));
        _nobodys = _hasher.HashPassword(null!, Secret.Create());
    }

    /// <param name="asker">Whose turn it is: the address that asks, or who is signed in.</param>
    /// <exception cref="DependencyUnavailableException">There was no turn in time.</exception>
    public async Task<string> HashAsync(string password, string asker, CancellationToken cancellationToken)
    {
        try
        {
            return await RunAsync(() => _hasher.HashPassword(null!, password), asker, cancellationToken);
        }
        catch (TooManyPasswordsException e)
        {
            // Who sets passwords is let in by a throttle of its own, so this comes with a flood of something else.
            throw new DependencyUnavailableException("password-hashing", DependencyUnavailableReason.Shed, e.RetryAfter);
        }
    }

    /// <summary>Compares, and takes the same time when there is nothing to compare with: an answer must not tell whether somebody exists.</summary>
    /// <param name="hash">Null when nobody has the name, or who has it has no password.</param>
    /// <param name="asker">As of <see cref="HashAsync"/>.</param>
    /// <exception cref="TooManyPasswordsException">The asker has too many passwords looked at.</exception>
    /// <exception cref="DependencyUnavailableException">There was no turn in time.</exception>
    public async Task<(bool Matches, bool NeedsRehash)> VerifyAsync(string? hash, string password, string asker, CancellationToken cancellationToken)
    {
        var result = await RunAsync(() => _hasher.VerifyHashedPassword(null!, hash ?? _nobodys, password), asker, cancellationToken);
        return (hash is not null && result != PasswordVerificationResult.Failed, result == PasswordVerificationResult.SuccessRehashNeeded);
    }

    private async Task<T> RunAsync<T>(Func<T> work, string asker, CancellationToken cancellationToken)
    {
        switch (await _cores.EnterAsync(asker, LongestWait, cancellationToken))
        {
            case Turn.TooManyOfTheirs:
                throw new TooManyPasswordsException(LongestWait);
            case Turn.TooMany:
                throw new DependencyUnavailableException("password-hashing", DependencyUnavailableReason.Shed, LongestWait);
        }

        try
        {
            return await Task.Run(work, cancellationToken);
        }
        finally
        {
            _cores.Leave();
        }
    }
}

/// <summary>One asker has more passwords hashed than there are turns for: the answer is 429, since the service is well.</summary>
internal sealed class TooManyPasswordsException(TimeSpan retryAfter) : Exception("Too many passwords of one asker wait to be hashed.")
{
    public TimeSpan RetryAfter { get; } = retryAfter;
}
