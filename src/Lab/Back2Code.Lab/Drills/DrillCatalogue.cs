using Back2Code.Chaos.Experiments;

namespace Back2Code.Lab.Drills;

/// <summary>The drills that lie in a folder, one file each.</summary>
public sealed class DrillCatalogue(string folder)
{
    private static readonly string[] Extensions = [".yaml", ".yml", ".json"];

    /// <summary>Names of all drills, sorted.</summary>
    public IReadOnlyList<string> Names => Directory.Exists(folder)
        ? [.. Directory.EnumerateFiles(folder).Where(IsDrill).Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)]
        : [];

    /// <summary>Loads a drill by its name or by the path of its file.</summary>
    /// <exception cref="UnknownDrillException">There is no such drill; the message lists those there are.</exception>
    /// <exception cref="InvalidExperimentException">The file is not a valid drill.</exception>
    public Drill Load(string nameOrFile)
    {
        // "drills/x.yaml" and "./x.yaml" are files even when they do not exist; "x" is a name.
        if (nameOrFile.Contains('/', StringComparison.Ordinal) || IsDrill(nameOrFile))
        {
            return File.Exists(nameOrFile) ? DrillReader.Load(nameOrFile) : throw new UnknownDrillException($"There is no drill file {nameOrFile}.");
        }

        var file = Extensions.Select(extension => Path.Combine(folder, nameOrFile + extension)).FirstOrDefault(File.Exists);
        if (file is not null)
        {
            return DrillReader.Load(file);
        }

        var near = CloseMatch.Of(nameOrFile, Names);
        throw new UnknownDrillException(
            $"There is no drill '{nameOrFile}'.{(near is null ? "" : $" Did you mean {near}?")} Known drills: {(Names.Count == 0 ? "none" : string.Join(", ", Names))}.");
    }

    private static bool IsDrill(string file) => Extensions.Contains(Path.GetExtension(file));
}

/// <summary>No drill has that name; the message is complete for the person at the terminal.</summary>
public sealed class UnknownDrillException(string message) : Exception(message);
