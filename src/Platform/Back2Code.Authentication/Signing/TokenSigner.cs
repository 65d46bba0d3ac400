using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Back2Code.Authentication.Signing;

/// <summary>
/// Signs access tokens with a P-256 key of its own. For the lab and for tests, until an identity service issues them.
/// Thread-safe.
/// </summary>
public sealed class TokenSigner : IDisposable
{
    private const string P256 = "1.2.840.10045.3.1.7";

    private readonly Lock _gate = new();
    private readonly ECDsa _key;
    private readonly string _encodedHeader;

    private TokenSigner(ECDsa key)
    {
        this._key = key;
        var q = key.ExportParameters(includePrivateParameters: false).Q;
        var x = Base64Url.EncodeToString(q.X);
        var y = Base64Url.EncodeToString(q.Y);

        // RFC 7638: the hash of the required members in lexicographic order, without white space.
        KeyId = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes($$"""{"crv":"P-256","kty":"EC","x":"{{x}}","y":"{{y}}"}""")));
        JsonWebKeySet = $$"""{"keys":[{"kty":"EC","crv":"P-256","x":"{{x}}","y":"{{y}}","kid":"{{KeyId}}","use":"sig","alg":"ES256"}]}""";
        _encodedHeader = Base64Url.EncodeToString(Encoding.ASCII.GetBytes($$"""{"alg":"ES256","typ":"at+jwt","kid":"{{KeyId}}"}"""));
    }

    /// <summary>The key's RFC 7638 thumbprint, the <c>kid</c> of its tokens.</summary>
    public string KeyId { get; }

    /// <summary>The public key as a JWKS document (RFC 7517).</summary>
    public string JsonWebKeySet { get; }

    /// <summary>
    /// Loads the private key, or creates it, readable by its owner only; then makes the public key set agree with it.
    /// Both files appear whole or not at all, and of several processes that create the key at once all use the winner's.
    /// </summary>
    /// <param name="pemPath">Private key, PKCS #8 PEM, mode 0600. Its folder must exist.</param>
    /// <param name="jwksPath">Public key set, readable by everybody who may enter its folder. Its folder must exist.</param>
    /// <exception cref="InvalidDataException">The file at <paramref name="pemPath"/> holds no P-256 private key; it is left as it is.</exception>
    /// <exception cref="IOException">A file could not be read or written.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be read or written.</exception>
    public static TokenSigner LoadOrCreate(string pemPath, string jwksPath)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(pemPath);
        ArgumentException.ThrowIfNullOrWhiteSpace(jwksPath);

        if (!File.Exists(pemPath))
        {
            using var created = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            PrivateFile.CreateIfAbsent(pemPath, created.ExportPkcs8PrivateKeyPem());
        }

        var signer = new TokenSigner(LoadKey(pemPath));
        try
        {
            if (!File.Exists(jwksPath) || File.ReadAllText(jwksPath) != signer.JsonWebKeySet)
            {
                PrivateFile.Replace(jwksPath, signer.JsonWebKeySet);
            }
        }
        catch
        {
            signer.Dispose();
            throw;
        }

        return signer;
    }

    /// <summary>Loads the private key and touches nothing.</summary>
    /// <param name="pemPath">Private key, PKCS #8 PEM.</param>
    /// <exception cref="InvalidDataException">The file holds no P-256 private key.</exception>
    /// <exception cref="IOException">The file could not be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static TokenSigner Load(string pemPath)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(pemPath);
        return new TokenSigner(LoadKey(pemPath));
    }

    /// <summary>Creates a signer whose key lives in memory only.</summary>
    public static TokenSigner CreateInMemory() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    /// <summary>Signs an access token (RFC 9068) for a subject, valid from now.</summary>
    /// <param name="subject">Becomes <c>sub</c>; 1 to 255 characters.</param>
    /// <param name="lifetime">From now to <c>exp</c>; at least 1 s, because times in tokens are whole seconds here.</param>
    /// <param name="issuer">Becomes <c>iss</c>.</param>
    /// <param name="audience">Becomes <c>aud</c>.</param>
    /// <param name="time">The clock.</param>
    /// <param name="scope">Becomes <c>scope</c>: what the token allows, for example <c>Permissions.ScopeOf("analyst")</c>. Null leaves the claim out, and the token allows nothing.</param>
    /// <param name="roles">Become <c>roles</c> (RFC 9068 section 2.2.3.1), for the reader; what is allowed stands in the scope. Null or none leaves the claim out.</param>
    /// <param name="client">Becomes <c>client_id</c>.</param>
    /// <returns>The token in JWS compact form.</returns>
    public string Sign(
        string subject, TimeSpan lifetime, string issuer, string audience, TimeProvider time, string? scope = null, IReadOnlyCollection<string>? roles = null, string client = "back2code")
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(subject);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(subject.Length, 255);
        ArgumentOutOfRangeException.ThrowIfLessThan(lifetime, TimeSpan.FromSeconds(1));
        ArgumentException.ThrowIfNullOrWhiteSpace(issuer);
        ArgumentException.ThrowIfNullOrWhiteSpace(audience);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentException.ThrowIfNullOrWhiteSpace(client);

        var now = time.GetUtcNow();
        var claims = new Dictionary<string, object>
        {
            ["iss"] = issuer,
            ["sub"] = subject,
            ["aud"] = audience,
            ["client_id"] = client,
            ["iat"] = now.ToUnixTimeSeconds(),
            ["exp"] = (now + lifetime).ToUnixTimeSeconds(),
            ["jti"] = Guid.CreateVersion7(now).ToString(),
        };
        if (scope is not null)
        {
            claims["scope"] = scope;
        }

        if (roles is { Count: > 0 })
        {
            claims["roles"] = roles;
        }

        var signed = $"{_encodedHeader}.{Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(claims))}";
        return $"{signed}.{Base64Url.EncodeToString(SignBytes(Encoding.ASCII.GetBytes(signed)))}";
    }

    /// <summary>Forgets the key; the signer must not be used any more.</summary>
    public void Dispose() => _key.Dispose();

    internal ECParameters PublicParameters => _key.ExportParameters(includePrivateParameters: false);

    internal byte[] SignBytes(byte[] data)
    {
        lock (_gate)
        {
            return _key.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }
    }

    private static ECDsa LoadKey(string pemPath)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(File.ReadAllText(pemPath));
            // Fails for a public key, which could verify but never sign.
            var parameters = key.ExportParameters(includePrivateParameters: true);
            CryptographicOperations.ZeroMemory(parameters.D);
            if (parameters.Curve.Oid.Value != P256)
            {
                throw new CryptographicException($"its curve is {parameters.Curve.Oid.FriendlyName ?? parameters.Curve.Oid.Value}");
            }

            return key;
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            key.Dispose();
            throw new InvalidDataException($"{pemPath} does not hold a P-256 private key ({exception.Message}). Move it away to have a new one made; tokens signed with the old one then end.", exception);
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }
}
