using System.Text;

namespace Back2Code.Lab.Supervision.State;

/// <summary>Secrets, made once and kept in files of mode 0600. What one is follows from its name: <see cref="SecretKind"/>. `postgres-notes` lies in postgres-notes.password.</summary>
internal sealed class SecretStore(StatePaths paths)
{
    public string GetOrCreate(string name)
    {
        if (TryGet(name) is { } secret)
        {
            return secret;
        }

        var made = SecretKind.Of(name).Make();
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

        var kind = SecretKind.Of(name);
        var secret = File.ReadAllText(file).Trim();
        return kind.Is(secret) ? secret : throw StateFolder.Corrupt(paths, $"secrets/{Path.GetFileName(file)} does not hold a {kind.Name}");
    }

    private string FileOf(string name) => Path.Combine(paths.Secrets, name == "webhook" ? "webhook.token" : $"{name}.password");
}
