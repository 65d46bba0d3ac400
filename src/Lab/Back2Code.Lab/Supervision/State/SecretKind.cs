using System.Security.Cryptography;

namespace Back2Code.Lab.Supervision.State;

/// <summary>
/// What a secret looks like: a name that ends in `-aes` is a key of AES-256, 32 bytes in base64; one that ends in `-signing` a private P-256 key in PEM, both for
/// an environment and no other place; anything else a password.
/// </summary>
/// <param name="Name">In messages.</param>
/// <param name="Make">A new one, random.</param>
/// <param name="Is">Whether a file holds one.</param>
internal sealed record SecretKind(string Name, Func<string> Make, Func<string, bool> Is)
{
    private const int AesBytes = 32;

    // 192 bits; letters, digits, dash and underscore only, so that it needs no quoting in any connection string or file.
    private static readonly SecretKind Password = new(
        "password",
        () => Convert.ToBase64String(RandomNumberGenerator.GetBytes(24)).Replace('+', '-').Replace('/', '_'),
        text => text.Length >= 16 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'));

    private static readonly SecretKind Aes = new("key of AES-256", () => Convert.ToBase64String(RandomNumberGenerator.GetBytes(AesBytes)), IsAes);

    private static readonly SecretKind Signing = new("private P-256 key", MakeSigningKey, IsSigningKey);

    public static SecretKind Of(string name) =>
        name.EndsWith("-aes", StringComparison.Ordinal) ? Aes : name.EndsWith("-signing", StringComparison.Ordinal) ? Signing : Password;

    private static bool IsAes(string text)
    {
        Span<byte> bytes = stackalloc byte[AesBytes + 1];
        return Convert.TryFromBase64String(text, bytes, out var length) && length == AesBytes;
    }

    private static string MakeSigningKey()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return key.ExportPkcs8PrivateKeyPem();
    }

    private static bool IsSigningKey(string text)
    {
        using var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(text);
            return true;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return false;
        }
    }
}
