using System.Globalization;
using System.Text.RegularExpressions;

namespace Back2Code.Lab.Topology;

/// <summary>Fills in ${…} for one process. An unknown one is an error, named with its place.</summary>
internal sealed partial class Placeholders(
    PlatformTopology topology,
    PortPlan ports,
    ProcessSpec process,
    IReadOnlyDictionary<string, string> values,
    Func<string, string?> secretOf)
{
    /// <param name="text">The text and where it stands in <paramref name="file"/>.</param>
    public string Resolve(YamlText text, string file) =>
        Pattern().Replace(text.Value, match => ValueOf(match.Groups[1].Value)
            ?? throw new TopologyException(file, text.Line, text.Column, Unknown(match.Value)));

    /// <summary>
    /// Fills in a configuration file. A line with ${replica:GROUP} is written once for each replica of that group, its name in that place.
    /// </summary>
    public string ResolveFile(string template, string file)
    {
        var lines = new List<string>();
        var number = 0;
        foreach (var line in template.Split('\n'))
        {
            number++;
            lines.AddRange(Replicate(line, file, number).Select(l => Resolve(new YamlText(l, number, 1), file)));
        }

        return string.Join('\n', lines);
    }

    private IEnumerable<string> Replicate(string line, string file, int number)
    {
        if (ReplicaPattern().Match(line) is not { Success: true } match)
        {
            return [line];
        }

        var group = match.Groups[1].Value;
        var replicas = topology.Group(group).ToList();
        return replicas.Count == 0
            ? throw new TopologyException(file, number, match.Index + 1, $"{match.Value}: `{group}` is not among the processes")
            : replicas.Select(r => line.Replace(match.Value, r.Name, StringComparison.Ordinal));
    }

    private string? ValueOf(string key)
    {
        var parts = key.Split('.');
        return parts switch
        {
            ["name"] => process.Name,
            ["group"] => process.Group,
            ["port"] => Number(ports.TryPortOf(process.Name)),
            ["port", var of] => Number(ports.TryPortOf(of)),
            ["port", var of, var name] => Number(ports.TryPortOf(of, name)),
            ["link", var server] => Number(ports.TryLinkPort(process.Name, server)),
            ["link", var server, var port] => Number(ports.TryLinkPort(process.Name, server, port)),
            ["secret", var name] => secretOf(name),
            [var name] => values.GetValueOrDefault(name),
            _ => null,
        };
    }

    private string Unknown(string placeholder) => placeholder.StartsWith("${link.", StringComparison.Ordinal)
        ? $"{placeholder}: {process.Name} has no such link"
        : $"{placeholder} is unknown to {process.Name}";

    private static string? Number(int? value) => value?.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\$\{([^${}]+)\}")]
    private static partial Regex Pattern();

    [GeneratedRegex(@"\$\{replica:([a-z0-9-]+)\}")]
    private static partial Regex ReplicaPattern();
}
