using System.Buffers.Text;
using System.Security.Cryptography;

namespace Back2Code.Identity.Audit;

/// <summary>The ES256 keys of checkpoints: one that signs, and those that only verify. Thread-safe.</summary>
internal sealed class CheckpointKeys : IDisposable
{
    private const string P256 = "1.2.840.10045.3.1.7";

    private readonly Lock _gate = new();
    private readonly ECDsa? _signing;
    private readonly Dictionary<string, ECDsa> _known = new(StringComparer.Ordinal);

    /// <exception cref="InvalidDataException">A key is not what it should be; the message does not repeat it.</exception>
    public CheckpointKeys(AuditOptions options)
    {
        string? pem = !string.IsNullOrWhiteSpace(options.SigningKey) ? options.SigningKey
            : !string.IsNullOrWhiteSpace(options.SigningKeyPath) ? File.ReadAllText(options.SigningKeyPath)
            : null;
        if (pem is not null)
        {
            _signing = Import(pem, "Audit:SigningKey", needsPrivate: true);
            SigningKeyId = IdOf(_signing);
            _known[SigningKeyId] = _signing;
        }

        for (int i = 0; i < options.RetiredKeys.Count; i++)
        {
            var retired = Import(options.RetiredKeys[i], $"Audit:RetiredKeys:{i}", needsPrivate: false);
            if (!_known.TryAdd(IdOf(retired), retired))
            {
                retired.Dispose();
            }
        }
    }

    /// <summary>SHA-256 of the public key, base64url; null when there is no key to sign with.</summary>
    public string? SigningKeyId { get; }

    public byte[] Sign(byte[] data)
    {
        lock (_gate)
        {
            return (_signing ?? throw new InvalidOperationException("There is no key to sign checkpoints with.")).SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }
    }

    public bool Knows(string keyId) => _known.ContainsKey(keyId);

    /// <returns>False also when the key is not known.</returns>
    public bool Verify(string keyId, byte[] data, byte[] signature)
    {
        lock (_gate)
        {
            return _known.TryGetValue(keyId, out var key) && key.VerifyData(data, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }
    }

    public void Dispose()
    {
        foreach (var key in _known.Values)
        {
            key.Dispose();
        }
    }

    private static string IdOf(ECDsa key) => Base64Url.EncodeToString(SHA256.HashData(key.ExportSubjectPublicKeyInfo()));

    private static ECDsa Import(string pem, string name, bool needsPrivate)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(pem);
            var parameters = key.ExportParameters(needsPrivate);
            CryptographicOperations.ZeroMemory(parameters.D);
            return parameters.Curve.Oid.Value == P256 ? key : throw new CryptographicException("Another curve.");
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            key.Dispose();

            // Without the cause: its text is the runtime's, and may hold some of the input.
            throw new InvalidDataException($"{name} is not a {(needsPrivate ? "private" : "public")} P-256 key in PEM.");
        }
    }
}
