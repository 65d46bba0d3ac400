using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace Back2Code.Identity;

/// <summary>AES-256-GCM for what the database must not be able to read. Thread-safe.</summary>
internal sealed class KeyEncryption
{
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    private readonly Dictionary<int, byte[]> _keys;

    public KeyEncryption(IOptions<IdentityOptions> options)
    {
        var settings = options.Value;
        _keys = settings.PreviousEncryptionKeys.ToDictionary(static previous => previous.Key, static previous => Convert.FromBase64String(previous.Value));
        _keys[settings.EncryptionKeyVersion] = Convert.FromBase64String(settings.EncryptionKey);
        Version = settings.EncryptionKeyVersion;
    }

    /// <summary>Version under which new data is encrypted.</summary>
    public int Version { get; }

    /// <param name="plain">What nobody shall read.</param>
    /// <param name="name">What it belongs to: the result decrypts under this name only, so that rows cannot trade their secrets.</param>
    public byte[] Encrypt(ReadOnlySpan<byte> plain, string name)
    {
        byte[] sealedBytes = new byte[NonceBytes + TagBytes + plain.Length];
        var nonce = sealedBytes.AsSpan(0, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        using AesGcm aes = new(_keys[Version], TagBytes);
        aes.Encrypt(nonce, plain, sealedBytes.AsSpan(NonceBytes + TagBytes), sealedBytes.AsSpan(NonceBytes, TagBytes), Bind(Version, name));
        return sealedBytes;
    }

    /// <exception cref="CryptographicException">Encrypted under another key or name, or changed since; the message says what to look at.</exception>
    public byte[] Decrypt(ReadOnlySpan<byte> sealedBytes, int version, string name)
    {
        if (!_keys.TryGetValue(version, out byte[]? key))
        {
            throw new CryptographicException($"'{name}' is encrypted under version {version}, which is neither Identity:EncryptionKeyVersion nor in Identity:PreviousEncryptionKeys.");
        }

        if (sealedBytes.Length < NonceBytes + TagBytes)
        {
            throw new CryptographicException($"'{name}' is too short to be encrypted data.");
        }

        byte[] plain = new byte[sealedBytes.Length - NonceBytes - TagBytes];
        using AesGcm aes = new(key, TagBytes);
        aes.Decrypt(sealedBytes[..NonceBytes], sealedBytes[(NonceBytes + TagBytes)..], sealedBytes.Slice(NonceBytes, TagBytes), plain, Bind(version, name));
        return plain;
    }

    /// <summary>A key for another purpose: whoever learns it learns nothing about the encryption key.</summary>
    public byte[] Derive(string purpose) => HKDF.DeriveKey(HashAlgorithmName.SHA256, _keys[Version], 32, info: Encoding.UTF8.GetBytes(purpose));

    private static byte[] Bind(int version, string name) => Encoding.UTF8.GetBytes($"{version}:{name}");
}
