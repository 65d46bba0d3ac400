using Back2Code.Resilience;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace Back2Code.Identity;

/// <summary>
/// Hashes passwords (PBKDF2 with HMAC-SHA512) and compares them. Each hash keeps a core busy for a tenth of a second, so at most one runs for two
/// cores, and who would wait longer than a moment is asked to come again: a flood of sign-ins must not take the processor from everything else.
/// </summary>
internal sealed class Passwords : IDisposable
{
    public const int Shortest = 12;
    public const int Longest = 256;

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2);

    private readonly PasswordHasher<User> _hasher;
    private readonly SemaphoreSlim _cores = new(Math.Max(1, Environment.ProcessorCount / 2));
    private readonly string _nobodys;

    public Passwords(IOptions<IdentityOptions> options)
    {
        _hasher = new PasswordHasher<User>(Options.Create(new PasswordHasherOptions { IterationCount = options.Value.PasswordIterations }));
        _nobodys = _hasher.HashPassword(null!, Secret.Create());
    }

    public Task<string> HashAsync(string password, CancellationToken cancellationToken) =>
        RunAsync(() => _hasher.HashPassword(null!, password), cancellationToken);

    /// <summary>Compares, and takes the same time when there is nothing to compare with: an answer must not tell whether somebody exists.</summary>
    /// <param name="hash">Null when nobody has the name, or who has it has no password.</param>
    public async Task<(bool Matches, bool NeedsRehash)> VerifyAsync(string? hash, string password, CancellationToken cancellationToken)
    {
        var result = await RunAsync(() => _hasher.VerifyHashedPassword(null!, hash ?? _nobodys, password), cancellationToken);
        return (hash is not null && result != PasswordVerificationResult.Failed, result == PasswordVerificationResult.SuccessRehashNeeded);
    }

    public void Dispose() => _cores.Dispose();

    private async Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        if (!await _cores.WaitAsync(LongestWait, cancellationToken))
        {
            throw new DependencyUnavailableException("password-hashing", DependencyUnavailableReason.Shed, LongestWait);
        }

        try
        {
            return await Task.Run(work, cancellationToken);
        }
        finally
        {
            _cores.Release();
        }
    }
}
