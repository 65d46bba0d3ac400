using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Back2Code.Slo;

/// <summary>Reads OpenSLO v1 files: several objects in a file, as documents or as a list, with references across files.</summary>
/// <remarks>Strict: an unknown field, a missing reference or an impossible value is an error with file, line and what is allowed.</remarks>
public static class SloFiles
{
    private const int MaximumBytes = 1 << 20;

    /// <summary>Reads one file, or every <c>*.yaml</c> and <c>*.yml</c> file below a folder.</summary>
    /// <exception cref="SloFileException">At least one error; all of them are in the exception, each with file and line.</exception>
    public static SloCatalogue Load(string path) => Load([path]);

    /// <summary>Reads several files and folders as one catalogue, so that references may cross files.</summary>
    /// <exception cref="SloFileException">At least one error; all of them are in the exception, each with file and line.</exception>
    public static SloCatalogue Load(IEnumerable<string> paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        var errors = new SloFileErrors();
        var documents = new List<StrictMap>();
        foreach (string file in FilesIn(paths, errors))
        {
            try
            {
                if (new FileInfo(file).Length > MaximumBytes)
                {
                    errors.Add(new SourceLine(file, 1), "the file is larger than 1 MiB; split it");
                    continue;
                }

                documents.AddRange(Objects(file, File.ReadAllText(file), errors));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                errors.Add(new SourceLine(file, 1), $"cannot be read: {e.Message}");
            }
        }

        return Catalogue(documents, errors);
    }

    /// <summary>Reads one text as if it were the file <paramref name="file"/>.</summary>
    /// <exception cref="SloFileException">At least one error.</exception>
    public static SloCatalogue Parse(string text, string file = "slo.yaml")
    {
        ArgumentNullException.ThrowIfNull(text);
        var errors = new SloFileErrors();
        return Catalogue(Objects(file, text, errors), errors);
    }

    private static SloCatalogue Catalogue(List<StrictMap> documents, SloFileErrors errors)
    {
        SloCatalogue catalogue = new OpenSloReader().Read(documents);
        errors.ThrowIfAny();
        return catalogue;
    }

    private static List<string> FilesIn(IEnumerable<string> paths, SloFileErrors errors)
    {
        var files = new List<string>();
        foreach (string path in paths)
        {
            if (File.Exists(path))
            {
                files.Add(path);
            }
            else if (Directory.Exists(path))
            {
                var found = Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories)
                    .Where(f => Path.GetExtension(f) is ".yaml" or ".yml")
                    .Order(StringComparer.Ordinal).ToList();
                files.AddRange(found);
                if (found.Count == 0)
                {
                    errors.Add(new SourceLine(path, 1), "the folder holds no .yaml or .yml file");
                }
            }
            else
            {
                errors.Add(new SourceLine(path, 1), "no such file or folder");
            }
        }

        return [.. files.DistinctBy(Path.GetFullPath)];
    }

    private static List<StrictMap> Objects(string file, string text, SloFileErrors errors)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (YamlException e)
        {
            // YamlDotNet puts the place in front of its text; the place has a field of its own here.
            errors.Add(file, e.Start, $"not valid YAML at column {e.Start.Column}: {(e.InnerException ?? e).Message}");
            return [];
        }

        var objects = new List<StrictMap>();
        foreach (YamlNode root in stream.Documents.Select(d => d.RootNode))
        {
            IEnumerable<YamlNode> nodes = root is YamlSequenceNode list ? list.Children : [root];
            foreach (YamlNode node in nodes)
            {
                if (node is YamlMappingNode map)
                {
                    map.Children.TryGetValue(new YamlScalarNode("kind"), out YamlNode? kind);
                    objects.Add(new StrictMap(file, map, (kind as YamlScalarNode)?.Value ?? "object", errors));
                }
                else if (node is not YamlScalarNode { Value: null or "" })
                {
                    errors.Add(file, node, "an OpenSLO object is a mapping with apiVersion, kind, metadata and spec");
                }
            }
        }

        return objects;
    }
}
