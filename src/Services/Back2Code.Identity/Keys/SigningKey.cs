using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Back2Code.Identity;

/// <summary>A P-256 key for ES256 (RFC 7518, section 3.4), with its private part or without. Immutable and thread-safe.</summary>
internal sealed class SigningKey
{
    private const int SignatureBytes = 64;

    private readonly ECParameters _parameters;

    private SigningKey(ECParameters parameters)
    {
        _parameters = parameters;
        string x = Base64Url.EncodeToString(parameters.Q.X);
        string y = Base64Url.EncodeToString(parameters.Q.Y);

        // RFC 7638: the digest of the required members in lexicographic order, without white space.
        Id = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes($$"""{"crv":"P-256","kty":"EC","x":"{{x}}","y":"{{y}}"}""")));
        JsonWebKey = $$"""{"kty":"EC","crv":"P-256","x":"{{x}}","y":"{{y}}","kid":"{{Id}}","use":"sig","alg":"ES256"}""";
    }

    /// <summary>The thumbprint of the public part.</summary>
    public string Id { get; }

    /// <summary>The public part (RFC 7517).</summary>
    public string JsonWebKey { get; }

    public byte[] X => _parameters.Q.X!;

    public byte[] Y => _parameters.Q.Y!;

    public static SigningKey Create()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new SigningKey(key.ExportParameters(includePrivateParameters: true));
    }

    public static SigningKey FromPublic(byte[] x, byte[] y) =>
        new(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = x, Y = y } });

    public static SigningKey FromPrivate(byte[] pkcs8)
    {
        using var key = ECDsa.Create();
        key.ImportPkcs8PrivateKey(pkcs8, out _);
        return new SigningKey(key.ExportParameters(includePrivateParameters: true));
    }

    public byte[] ExportPrivate()
    {
        using var key = ECDsa.Create(_parameters);
        return key.ExportPkcs8PrivateKey();
    }

    public byte[] Sign(ReadOnlySpan<byte> data)
    {
        // Members of ECDsa are not promised to be thread-safe; making one costs less than the signature.
        using var key = ECDsa.Create(_parameters);
        return key.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    public bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        if (signature.Length != SignatureBytes)
        {
            return false;
        }

        using var key = ECDsa.Create(_parameters);
        return key.VerifyData(data, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }
}
