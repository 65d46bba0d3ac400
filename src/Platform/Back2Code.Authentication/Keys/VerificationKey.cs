using System.Security.Cryptography;
using Microsoft.Extensions.ObjectPool;

namespace Back2Code.Authentication;

/// <summary>A public P-256 key that verifies ES256 signatures (RFC 7518, section 3.4). Immutable and thread-safe.</summary>
internal sealed class VerificationKey
{
    /// <summary>R and S of 32 bytes each, one after the other (IEEE P1363); never DER.</summary>
    public const int SignatureBytes = 64;

    /// <summary>
    /// Members of ECDsa are not promised to be thread-safe, and making one costs about half of what a verification does: as many are kept as verify at once,
    /// at most twice the number of cores.
    /// </summary>
    private readonly ObjectPool<ECDsa> _verifiers;

    private VerificationKey(string id, ECParameters parameters)
    {
        Id = id;
        _verifiers = new DefaultObjectPool<ECDsa>(new VerifierPolicy(parameters));
    }

    public string Id { get; }

    /// <exception cref="CryptographicException">The point is not on the curve.</exception>
    public static VerificationKey Create(string id, byte[] x, byte[] y)
    {
        var parameters = new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = x, Y = y } };
        using var check = ECDsa.Create(parameters);
        return new VerificationKey(id, parameters);
    }

    public bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        if (signature.Length != SignatureBytes)
        {
            return false;
        }

        var verifier = _verifiers.Get();
        var good = verifier.VerifyData(data, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        // Not in a finally: one that threw is not used again.
        _verifiers.Return(verifier);
        return good;
    }

    private sealed class VerifierPolicy(ECParameters parameters) : PooledObjectPolicy<ECDsa>
    {
        public override ECDsa Create() => ECDsa.Create(parameters);

        public override bool Return(ECDsa obj) => true;
    }
}
