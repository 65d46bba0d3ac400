using System.Security.Cryptography;
using System.Text.Json;

namespace Back2Code.Lab.Reports.Proof;

/// <summary>What a file of a report was when the report was written.</summary>
public sealed record ManifestEntry(string Sha256, long Bytes);

/// <summary><c>manifest.json</c>: the hash of every other file of a report. Whoever keeps the hash of this one file elsewhere can tell later that nothing was changed.</summary>
public sealed record ReportManifest
{
    public const string FileName = "manifest.json";

    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Of this file; a reader refuses what it does not know.</summary>
    public int Version { get; init; } = 1;

    public required DateTimeOffset WrittenAt { get; init; }

    /// <summary>The version of Back2Code that wrote the report.</summary>
    public required string Product { get; init; }

    public required IReadOnlyDictionary<string, ManifestEntry> Files { get; init; }

    /// <summary>The version that runs now, with the commit it was built from where the build knows it.</summary>
    public static string CurrentProduct { get; } =
        System.Reflection.CustomAttributeExtensions.GetCustomAttribute<System.Reflection.AssemblyInformationalVersionAttribute>(typeof(ReportManifest).Assembly)?.InformationalVersion ?? "unknown";

    /// <summary>Hashes the named files, those that are there, and writes the manifest beside them.</summary>
    public static async Task WriteAsync(string folder, IEnumerable<string> names, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var files = new SortedDictionary<string, ManifestEntry>(StringComparer.Ordinal);
        foreach (var name in names.Where(name => File.Exists(Path.Combine(folder, name))))
        {
            files[name] = await EntryOfAsync(Path.Combine(folder, name), cancellationToken);
        }

        var manifest = new ReportManifest { WrittenAt = now, Product = CurrentProduct, Files = files };
        await File.WriteAllTextAsync(Path.Combine(folder, FileName), JsonSerializer.Serialize(manifest, Format) + "\n", cancellationToken);
    }

    /// <exception cref="NotAReportException">There is none, or it is not one.</exception>
    public static async Task<ReportManifest> ReadAsync(string folder, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            await using var file = File.OpenRead(path);
            var manifest = await JsonSerializer.DeserializeAsync<ReportManifest>(file, Format, cancellationToken) ?? throw new JsonException("it is null");
            if (manifest.Files is null || manifest.Files.Values.Any(e => e?.Sha256 is null))
            {
                throw new JsonException("'files' has an entry without a hash");
            }

            return manifest.Version == 1 ? manifest : throw new NotAReportException($"{path} has version {manifest.Version}; this Back2Code knows version 1.");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new NotAReportException(File.Exists(Path.Combine(folder, "summary.json"))
                ? $"{folder} is a report without {FileName}: it was written before reports carried their evidence, or the file was removed. Its figures cannot be checked."
                : $"{folder} is no report of a drill: there is no summary.json.");
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new NotAReportException($"{path} cannot be read: {e.Message}", e);
        }
    }

    internal static async Task<ManifestEntry> EntryOfAsync(string path, CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(path);
        return new ManifestEntry(Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken)), file.Length);
    }
}

/// <summary>The folder is no report that can be verified; the message is complete for the person at the terminal.</summary>
public sealed class NotAReportException(string message, Exception? cause = null) : Exception(message, cause);
