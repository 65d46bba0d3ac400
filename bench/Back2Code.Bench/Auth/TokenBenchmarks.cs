using System.Buffers.Text;
using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using System.Text;
using Back2Code.Authentication;
using Back2Code.Authentication.Signing;
using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.DependencyInjection;

namespace Back2Code.Bench.Auth;

/// <summary>Public because BenchmarkDotNet calls it by reflection.</summary>
public class TokenBenchmarks : IDisposable
{
    /// <summary>Far more than are remembered at once, so that a token which comes round again is as new as the first time.</summary>
    private const int Tokens = 32_768;

    private const int Remembered = 1_000;

    private readonly string[] _tokens = new string[Tokens];
    private readonly string[] _again = new string[Remembered];
    private readonly (byte[] Signed, byte[] Signature)[] _plain = new (byte[], byte[])[Tokens];
    private TokenSigner? _signer;
    private ServiceProvider? _services;
    private ECDsa? _ecdsa;
    private TokenAuthority _authority = null!;
    private int _next;

    [GlobalSetup]
    public void Sign()
    {
        _signer = TokenSigner.CreateInMemory();
        for (var i = 0; i < Tokens; i++)
        {
            // As the lab's and the identity service's tokens: nine claims, about 600 characters.
            var token = _signer.Sign(
                Guid.CreateVersion7().ToString(), TimeSpan.FromHours(6), "https://identity.example", "back2code", TimeProvider.System, "openid " + Permissions.ScopeOf(Roles.Operator), [Roles.Operator]);
            var dot = token.LastIndexOf('.');
            _tokens[i] = token;
            _plain[i] = (Encoding.ASCII.GetBytes(token[..dot]), Base64Url.DecodeFromChars(token.AsSpan(dot + 1)));
        }

        var keys = KeySet.Parse(Encoding.UTF8.GetBytes(_signer.JsonWebKeySet));
        _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        _authority = new TokenAuthority(
            new BearerTokenOptions { Issuer = "https://identity.example", Audience = "back2code" }, new FixedKeys(keys), TimeProvider.System, _services.GetRequiredService<IMeterFactory>());
        _ecdsa = ECDsa.Create(_signer.PublicParameters);
    }

    [GlobalSetup(Target = nameof(SeenBefore))]
    public async Task Remember()
    {
        Sign();
        for (var i = 0; i < Remembered; i++)
        {
            await _authority.JudgeAsync(_tokens[i], CancellationToken.None);

            // As the next request brings it: the same text in another place of memory, which has to be compared.
            _again[i] = new string(_tokens[i]);
        }
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _ecdsa?.Dispose();
        _services?.Dispose();
        _signer?.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>What no validation of a signature can do without: the framework's ECDSA on the same bytes, with a key that is at hand.</summary>
    [Benchmark(Description = "the framework's ECDSA alone", Baseline = true)]
    public void Plain()
    {
        var (signed, signature) = _plain[_next++ % Tokens];
        if (!_ecdsa!.VerifyData(signed, signature, HashAlgorithmName.SHA256))
        {
            throw new InvalidOperationException("A good signature was refused.");
        }
    }

    [Benchmark(Description = "a token seen for the first time")]
    public async Task FirstSight() => Check(await _authority.JudgeAsync(_tokens[_next++ % Tokens], CancellationToken.None));

    [Benchmark(Description = "a token seen before", OperationsPerInvoke = Remembered)]
    public async Task SeenBefore()
    {
        for (var i = 0; i < Remembered; i++)
        {
            Check(await _authority.JudgeAsync(_again[i], CancellationToken.None));
        }
    }

    private static void Check((System.Security.Claims.ClaimsIdentity? Identity, TokenVerdict.Rejected? Rejected) verdict)
    {
        if (verdict.Identity is null)
        {
            throw new InvalidOperationException($"A good token was refused: {verdict.Rejected?.Reason}.");
        }
    }

    private sealed class FixedKeys(KeySet keys) : IVerificationKeys
    {
        public ValueTask<KeySet> CurrentAsync(CancellationToken cancellationToken) => new(keys);

        public ValueTask<KeySet> RefreshAsync(KeySet known, CancellationToken cancellationToken) => new(keys);
    }
}
