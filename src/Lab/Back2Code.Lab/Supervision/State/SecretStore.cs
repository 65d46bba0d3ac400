using System.Security.Cryptography;
using System.Text;

namespace Back2Code.Lab.Supervision.State;

/// <summary>Passwords, made once and kept in files of mode 0600. `postgres-notes` lies in postgres-notes.password.</summary>
internal sealed class SecretStore(StatePaths paths)
{
    public string GetOrCreate(string name)
    {
        if (TryGet(name) is { } secret)
        {
            return secret;
        }

        // 192 bits; letters, digits, dash and underscore only, so that it needs no quoting in any connection string or file.
        var made = Convert.ToBase64String(RandomNumberGenerator.GetBytes(24)).Replace('+', '-').Replace('/', '_');
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
        return secret.Length >= 16 && secret.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')
            ? secret
            : throw StateFolder.Corrupt(paths, $"secrets/{Path.GetFileName(file)} does not hold a password");
    }

    private string FileOf(string name) => Path.Combine(paths.Secrets, name == "webhook" ? "webhook.token" : $"{name}.password");
}
