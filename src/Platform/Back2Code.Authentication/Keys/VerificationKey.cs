using System.Security.Cryptography;

namespace Back2Code.Authentication;

/// <summary>A public P-256 key that verifies ES256 signatures (RFC 7518, section 3.4). Immutable and thread-safe.</summary>
internal sealed class VerificationKey
{
    /// <summary>R and S of 32 bytes each, one after the other (IEEE P1363); never DER.</summary>
    private const int SignatureBytes = 64;

    private readonly ECParameters _parameters;

    private VerificationKey(string id, ECParameters parameters)
    {
        Id = id;
        this._parameters = parameters;
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

        // Members of ECDsa are not promised to be thread-safe; making one costs less than the verification itself,
        // and validated tokens are remembered.
        using var ecdsa = ECDsa.Create(_parameters);
        return ecdsa.VerifyData(data, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }
}
