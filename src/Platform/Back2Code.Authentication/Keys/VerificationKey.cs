using System.Security.Cryptography;
using Microsoft.Extensions.ObjectPool;

namespace Back2Code.Authentication;

/// <summary>A public P-256 key that verifies ES256 signatures (RFC 7518, section 3.4). Immutable and thread-safe.</summary>
internal sealed class VerificationKey
{
    /// <summary>R and S of 32 bytes each, one after the other (IEEE P1363); never DER.</summary>
    public const int SignatureBytes = 64;

    /// <summary>Two INTEGERs of 33 bytes at the most, and two bytes in front of each and of both.</summary>
    private const int MaxDerBytes = SignatureBytes + 2 + (2 * 3);

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

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(data, hash);

        // OpenSSL wants DER. The framework converts as well, but allocates more than a kilobyte for it each time.
        Span<byte> der = stackalloc byte[MaxDerBytes];
        var verifier = _verifiers.Get();
        var good = verifier.VerifyHash(hash, der[..WriteDer(signature, der)], DSASignatureFormat.Rfc3279DerSequence);
        // Not in a finally: one that threw is not used again.
        _verifiers.Return(verifier);
        return good;
    }

    /// <summary>SEQUENCE of two INTEGERs (X.690 section 8.3); each of the three has a length of one byte.</summary>
    private static int WriteDer(ReadOnlySpan<byte> signature, Span<byte> der)
    {
        var end = 2;
        end += WriteInteger(signature[..(SignatureBytes / 2)], der[end..]);
        end += WriteInteger(signature[(SignatureBytes / 2)..], der[end..]);
        der[0] = 0x30;
        der[1] = (byte)(end - 2);
        return end;
    }

    private static int WriteInteger(ReadOnlySpan<byte> number, Span<byte> der)
    {
        // Shortest form: no leading zeros, but one where the first bit would make it negative. Zero is one zero byte.
        number = number.TrimStart((byte)0);
        var sign = number.IsEmpty || number[0] >= 0x80 ? 1 : 0;
        der[0] = 0x02;
        der[1] = (byte)(number.Length + sign);
        der[2] = 0;
        number.CopyTo(der[(2 + sign)..]);
        return 2 + sign + number.Length;
    }

    private sealed class VerifierPolicy(ECParameters parameters) : PooledObjectPolicy<ECDsa>
    {
        public override ECDsa Create() => ECDsa.Create(parameters);

        public override bool Return(ECDsa obj) => true;
    }
}
