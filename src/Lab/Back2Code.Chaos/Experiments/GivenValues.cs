using System.Globalization;
using System.Text.Json.Nodes;
using Back2Code.Chaos.Experiments.Documents;

namespace Back2Code.Chaos.Experiments;

/// <summary>Values from the command line: <c>--var key[:type]=value</c> and <c>--var-file FILE</c>.</summary>
public sealed class GivenValues
{
    private readonly Dictionary<string, JsonNode?> _variables = [];
    private readonly Dictionary<string, JsonObject> _secrets = [];
    private readonly Dictionary<string, string> _environment = [];

    /// <summary>Later files and later variables win; variables win over files.</summary>
    /// <exception cref="ExperimentSettingsException">A text is no <c>key[:type]=value</c>, or a file cannot be used.</exception>
    public static ExperimentValues Read(IEnumerable<string> variables, IEnumerable<string> files)
    {
        var given = new GivenValues();
        foreach (var file in files)
        {
            given.AddFile(file);
        }

        foreach (var variable in variables)
        {
            given.AddVariable(variable);
        }

        return new ExperimentValues
        {
            Variables = given._variables,
            Secrets = given._secrets,
            Environment = key => given._environment.GetValueOrDefault(key) ?? System.Environment.GetEnvironmentVariable(key),
        };
    }

    private void AddVariable(string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        var name = equals < 0 ? "" : text[..equals];
        var (key, type) = name.LastIndexOf(':') is var colon and >= 0 ? (name[..colon], name[(colon + 1)..]) : (name, "str");
        if (key.Length == 0 || type is not ("str" or "int" or "float" or "number" or "bytes" or "bool" or "json"))
        {
            throw new ExperimentSettingsException($"--var '{(equals < 0 ? text : name)}' is not key[:type]=value with a type of str, int, float, number, bytes, bool or json");
        }

        _variables[key] = EnvironmentEntry.Typed(text[(equals + 1)..], type)
            ?? throw new ExperimentSettingsException($"--var {key}: the value is no {type}");
    }

    private void AddFile(string path)
    {
        if (ExperimentFile.FormatOf(path) is null)
        {
            AddEnvironmentFile(path);
            return;
        }

        if (ExperimentFile.LoadDocument(path) is not MappingNode root)
        {
            throw new ExperimentSettingsException($"{path}: expected a map with 'configuration' and 'secrets'");
        }

        foreach (var entry in (root.Find("configuration")?.Value as MappingNode)?.Entries ?? [])
        {
            _variables[entry.Key] = EnvironmentEntry.Resolve(Checked(entry, path), System.Environment.GetEnvironmentVariable, $"{path}: configuration '{entry.Key}'");
        }

        foreach (var group in (root.Find("secrets")?.Value as MappingNode)?.Entries ?? [])
        {
            if (group.Value is not MappingNode map)
            {
                throw new ExperimentSettingsException($"{path}:{group.Line}:{group.Column}: secret group '{group.Key}' must be a map");
            }

            var values = _secrets.GetValueOrDefault(group.Key) ?? (_secrets[group.Key] = []);
            foreach (var entry in map.Entries)
            {
                values[entry.Key] = EnvironmentEntry.Resolve(Checked(entry, path), System.Environment.GetEnvironmentVariable, $"{path}: secret '{group.Key}.{entry.Key}'");
            }
        }
    }

    private static MappingEntry Checked(MappingEntry entry, string path)
    {
        var report = new DocumentReport(path);
        EnvironmentEntry.Check(entry, $"'{entry.Key}'", report);
        report.ThrowIfAny();
        return entry;
    }

    private void AddEnvironmentFile(string path)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ExperimentSettingsException($"--var-file {path}: {e.Message}");
        }

        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].Trim();
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            line = line.StartsWith("export ", StringComparison.Ordinal) ? line[7..] : line;
            if (line.IndexOf('=', StringComparison.Ordinal) is not (> 0 and var equals))
            {
                throw new ExperimentSettingsException(string.Create(CultureInfo.InvariantCulture, $"{path}:{i + 1}:1: expected NAME=value"));
            }

            var value = line[(equals + 1)..].Trim();
            var isQuoted = value.Length >= 2 && value[0] is '"' or '\'' && value[^1] == value[0];
            _environment[line[..equals].Trim()] = isQuoted ? value[1..^1] : value;
        }
    }
}
