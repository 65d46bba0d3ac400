using System.Security.Cryptography;
using System.Text;

namespace Back2Code.Identity;

/// <summary>An address as the database has it.</summary>
/// <param name="Hmac">What it is found by.</param>
/// <param name="Version">Of the encryption key of both.</param>
internal sealed record SealedAddress(byte[] Address, byte[] Hmac, int Version);

/// <summary>Encrypts addresses, and makes what finds them again. Thread-safe.</summary>
internal sealed class EmailVault
{
    private const string Name = "e-mail address";

    private readonly KeyEncryption _encryption;
    private readonly Dictionary<int, byte[]> _keys;

    public EmailVault(KeyEncryption encryption)
    {
        _encryption = encryption;
        _keys = encryption.Versions.ToDictionary(static version => version, version => encryption.Derive(Name, version));
    }

    /// <param name="owner">Whom it belongs to: it decrypts for this one only.</param>
    public SealedAddress Seal(string address, Guid? owner) =>
        new(_encryption.Encrypt(Encoding.UTF8.GetBytes(address), Bind(owner)), Hmac(address, _encryption.Version), _encryption.Version);

    public string Open(byte[] address, int version, Guid? owner) => Encoding.UTF8.GetString(_encryption.Decrypt(address, version, Bind(owner)));

    /// <summary>What the address may be stored under: once for each version of the encryption key, until all rows are under the newest.</summary>
    public byte[][] Find(string address) => [.. _keys.Keys.Select(version => Hmac(address, version))];

    private byte[] Hmac(string address, int version) => HMACSHA256.HashData(_keys[version], Encoding.UTF8.GetBytes(EmailAddress.Normalize(address)));

    private static string Bind(Guid? owner) => $"{Name} {owner?.ToString() ?? "nobody"}";
}
