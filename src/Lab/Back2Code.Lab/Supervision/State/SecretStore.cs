using System.Security.Cryptography;
using System.Text;

namespace Back2Code.Lab.Supervision.State;

/// <summary>
/// Passwords, made once and kept in files of mode 0600. `postgres-notes` lies in postgres-notes.password. A name that ends in `-key` is a key of AES-256: 32 bytes
/// in base64, for an environment and no other place.
/// </summary>
internal sealed class SecretStore(StatePaths paths)
{
    private const int KeyBytes = 32;

    public string GetOrCreate(string name)
    {
        if (TryGet(name) is { } secret)
        {
            return secret;
        }

        // A password has 192 bits; letters, digits, dash and underscore only, so that it needs no quoting in any connection string or file.
        var made = IsKey(name)
            ? Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyBytes))
            : Convert.ToBase64String(RandomNumberGenerator.GetBytes(24)).Replace('+', '-').Replace('/', '_');
        AtomicFile.Write(FileOf(name), Encoding.ASCII.GetBytes(made));
        return made;
    }

    public string? TryGet(string name)
    {
        var file = FileOf(name);
        if (!File.Exists(file))
        {
            return null;
        }

        var secret = File.ReadAllText(file).Trim();
        return IsKey(name) ? IsKeyText(secret) ? secret : throw Damaged("key") : IsPassword(secret) ? secret : throw Damaged("password");

        LabException Damaged(string what) => StateFolder.Corrupt(paths, $"secrets/{Path.GetFileName(file)} does not hold a {what}");
    }

    private static bool IsKey(string name) => name.EndsWith("-key", StringComparison.Ordinal);

    private static bool IsKeyText(string text)
    {
        Span<byte> bytes = stackalloc byte[KeyBytes + 1];
        return Convert.TryFromBase64String(text, bytes, out var length) && length == KeyBytes;
    }

    private static bool IsPassword(string text) => text.Length >= 16 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    private string FileOf(string name) => Path.Combine(paths.Secrets, name == "webhook" ? "webhook.token" : $"{name}.password");
}
