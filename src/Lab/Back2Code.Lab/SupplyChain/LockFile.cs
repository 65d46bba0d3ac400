using System.Text.Json;

namespace Back2Code.Lab.SupplyChain;

/// <summary>One package as NuGet resolved it for a project.</summary>
/// <param name="ContentHash">SHA-512 of the package in base64; null for a project.</param>
/// <param name="Needs">Names of what it depends on.</param>
internal sealed record LockedPackage(string Name, string Version, bool IsProject, bool IsDirect, string? ContentHash, IReadOnlyList<string> Needs);

/// <summary>A project's <c>packages.lock.json</c>.</summary>
internal sealed record LockFile(string Project, IReadOnlyList<LockedPackage> Packages)
{
    /// <summary>Beside the project file whose name the project has.</summary>
    /// <exception cref="InvalidDataException">Not a lock file, or not beside exactly one project file.</exception>
    public static LockFile Load(string path)
    {
        string[] projects = Directory.GetFiles(Path.GetDirectoryName(path)!, "*.csproj");
        if (projects.Length != 1)
        {
            throw new InvalidDataException($"{path} is not beside exactly one project file.");
        }

        try
        {
            return Parse(Path.GetFileNameWithoutExtension(projects[0]), File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new InvalidDataException($"{path} is not a lock file of NuGet: {e.Message}", e);
        }
    }

    public static LockFile Parse(string project, ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        if (document.RootElement.GetProperty("version").GetInt32() is not (1 or 2))
        {
            throw new InvalidOperationException("only versions 1 and 2 are known");
        }

        // A framework and its runtime-specific variants name the same packages; each package counts once.
        var packages = new Dictionary<string, LockedPackage>(StringComparer.OrdinalIgnoreCase);
        foreach (var package in document.RootElement.GetProperty("dependencies").EnumerateObject().SelectMany(framework => framework.Value.EnumerateObject()))
        {
            packages.TryAdd(package.Name, Read(package.Name, package.Value));
        }

        return new LockFile(project, [.. packages.Values]);
    }

    private static LockedPackage Read(string name, JsonElement entry)
    {
        string type = entry.GetProperty("type").GetString()!;
        return new LockedPackage(
            name,
            entry.TryGetProperty("resolved", out var version) ? version.GetString()! : "",
            type == "Project",
            type == "Direct",
            entry.TryGetProperty("contentHash", out var hash) ? hash.GetString() : null,
            entry.TryGetProperty("dependencies", out var needs) ? [.. needs.EnumerateObject().Select(need => need.Name)] : []);
    }
}
