using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml.Linq;

namespace Back2Code.Lab.SupplyChain;

/// <summary>
/// The bill of materials of this repository in CycloneDX 1.6 JSON, from the lock files alone: what a build is made of, with the hash that NuGet
/// checks at every restore. The same lock files give the same bytes: no time, no machine, and a serial number made from the content.
/// </summary>
public static class Sbom
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Of all projects below the folders.</summary>
    /// <param name="home">The repository.</param>
    /// <param name="folders">Below it, for example <c>src</c>.</param>
    /// <exception cref="InvalidDataException">A lock file cannot be read, or two of them give one package different hashes.</exception>
    public static string Write(string home, params IReadOnlyList<string> folders)
    {
        ArgumentNullException.ThrowIfNull(folders);
        LockFile[] files = [.. folders
            .Select(folder => Path.Combine(home, folder))
            .Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, "packages.lock.json", SearchOption.AllDirectories))
            .Where(file => Path.GetFileName(Path.GetDirectoryName(file)) is not "obj")
            .Order(StringComparer.Ordinal)
            .Select(LockFile.Load)];
        var properties = XDocument.Load(Path.Combine(home, "Directory.Build.props")).Descendants().ToLookup(element => element.Name.LocalName, element => element.Value);
        return Write(files, properties["VersionPrefix"].Single(), properties["PackageLicenseExpression"].SingleOrDefault());
    }

    internal static string Write(IReadOnlyList<LockFile> files, string version, string? license)
    {
        var ours = files.ToDictionary(file => file.Project, file => $"pkg:generic/{file.Project}@{version}", StringComparer.OrdinalIgnoreCase);
        var components = new SortedDictionary<string, JsonObject>(StringComparer.Ordinal);
        var needs = new SortedDictionary<string, SortedSet<string>>(StringComparer.Ordinal);
        string root = $"pkg:generic/back2code@{version}";
        needs[root] = new SortedSet<string>(ours.Values, StringComparer.Ordinal);

        foreach (var file in files)
        {
            string self = ours[file.Project];
            components[self] = Project(file.Project, version, self, license);
            var byName = file.Packages.ToDictionary(package => package.Name, package => RefOf(package, ours), StringComparer.OrdinalIgnoreCase);

            // A lock file does not tell which projects are referenced directly: those that no other one in it brings.
            var brought = file.Packages.Where(package => package.IsProject).SelectMany(package => package.Needs).ToHashSet(StringComparer.OrdinalIgnoreCase);
            Add(needs, self, file.Packages.Where(package => package.IsDirect || (package.IsProject && !brought.Contains(package.Name))).Select(package => byName[package.Name]));
            foreach (var package in file.Packages.Where(package => !package.IsProject))
            {
                AddPackage(components, package, byName[package.Name]);
                Add(needs, byName[package.Name], package.Needs.Where(byName.ContainsKey).Select(name => byName[name]));
            }
        }

        var bom = new JsonObject
        {
            ["$schema"] = "http://cyclonedx.org/schema/bom-1.6.schema.json",
            ["bomFormat"] = "CycloneDX",
            ["specVersion"] = "1.6",
            ["version"] = 1,
            ["metadata"] = new JsonObject { ["component"] = Application(version, root, license) },
            ["components"] = new JsonArray([.. components.Values]),
            ["dependencies"] = new JsonArray([.. needs.Select(pair => new JsonObject
            {
                ["ref"] = pair.Key,
                ["dependsOn"] = new JsonArray([.. pair.Value.Select(name => JsonValue.Create(name))]),
            })]),
        };
        bom.Insert(3, "serialNumber", $"urn:uuid:{IdOf(bom.ToJsonString())}");
        return bom.ToJsonString(Indented) + "\n";
    }

    private static JsonObject Application(string version, string reference, string? license) => Licensed(
        new JsonObject { ["type"] = "application", ["bom-ref"] = reference, ["name"] = "back2code", ["version"] = version, ["purl"] = reference }, license);

    private static JsonObject Project(string name, string version, string reference, string? license) => Licensed(
        new JsonObject { ["type"] = "library", ["bom-ref"] = reference, ["name"] = name, ["version"] = version, ["purl"] = reference }, license);

    /// <summary>Our own licence is known from the build; a package's is not in a lock file, and is not guessed.</summary>
    private static JsonObject Licensed(JsonObject component, string? license)
    {
        if (license is not null)
        {
            component["licenses"] = new JsonArray(new JsonObject { ["license"] = new JsonObject { ["id"] = license } });
        }

        return component;
    }

    private static void AddPackage(SortedDictionary<string, JsonObject> components, LockedPackage package, string reference)
    {
        string hash = HexOf(package);
        if (components.TryGetValue(reference, out var known))
        {
            if ((string)known["hashes"]![0]!["content"]! != hash)
            {
                // One of the two builds got something else than the other.
                throw new InvalidDataException($"{package.Name} {package.Version} has different hashes in different lock files.");
            }

            return;
        }

        components[reference] = new JsonObject
        {
            ["type"] = "library",
            ["bom-ref"] = reference,
            ["name"] = package.Name,
            ["version"] = package.Version,
            ["hashes"] = new JsonArray(new JsonObject { ["alg"] = "SHA-512", ["content"] = hash }),
            ["purl"] = reference,
        };
    }

    private static void Add(SortedDictionary<string, SortedSet<string>> needs, string reference, IEnumerable<string> names)
    {
        if (!needs.TryGetValue(reference, out var known))
        {
            needs[reference] = known = new SortedSet<string>(StringComparer.Ordinal);
        }

        known.UnionWith(names);
    }

    private static string RefOf(LockedPackage package, Dictionary<string, string> ours) =>
        !package.IsProject ? $"pkg:nuget/{Uri.EscapeDataString(package.Name)}@{Uri.EscapeDataString(package.Version)}"
        : ours.TryGetValue(package.Name, out string? reference) ? reference
        : throw new InvalidDataException($"A lock file names the project {package.Name}, which has none itself.");

    private static string HexOf(LockedPackage package)
    {
        try
        {
            if (package.ContentHash is { } text && Convert.FromBase64String(text) is { Length: SHA512.HashSizeInBytes } bytes)
            {
                return Convert.ToHexStringLower(bytes);
            }
        }
        catch (FormatException)
        {
            // Said below.
        }

        throw new InvalidDataException($"{package.Name} {package.Version} has no SHA-512 in its lock file.");
    }

    /// <summary>A UUID of version 8 (RFC 9562, section 5.8) from the content's SHA-256.</summary>
    private static string IdOf(string content)
    {
        byte[] bytes = SHA256.HashData(Encoding.UTF8.GetBytes(content))[..16];
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x80);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true).ToString("D", CultureInfo.InvariantCulture);
    }
}
