using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Back2Code.Slo;

/// <summary>
/// A YAML mapping that is read field by field. The fields that were asked for are the allowed ones:
/// <see cref="Close"/> reports every other as unknown, so the reading code is the schema and cannot disagree with it.
/// </summary>
internal sealed class StrictMap(string file, YamlMappingNode node, string what, SloFileErrors errors)
{
    private readonly List<string> _allowed = [];

    public string File => file;

    public SourceLine Line { get; } = new(file, (int)node.Start.Line);

    public bool Has(string field) => node.Children.ContainsKey(new YamlScalarNode(field));

    public string? Text(string field)
    {
        if (Find(field) is not { } value)
        {
            return null;
        }

        if (value is YamlScalarNode scalar && !IsNull(scalar))
        {
            return scalar.Value;
        }

        errors.Add(file, value, $"{what}.{field} must be text");
        return null;
    }

    /// <summary>Text that must be there; on failure reports it and yields an empty string so that reading goes on.</summary>
    public string RequiredText(string field)
    {
        bool reported = Has(field) && Find(field) is not YamlScalarNode;
        string? text = Text(field);
        if (string.IsNullOrWhiteSpace(text) && !reported)
        {
            Error($"{what}.{field} is required");
        }

        return text ?? "";
    }

    public bool? Flag(string field)
    {
        if (Find(field) is not { } value)
        {
            return null;
        }

        switch (value)
        {
            case YamlScalarNode { Style: ScalarStyle.Plain, Value: "true" }:
                return true;
            case YamlScalarNode { Style: ScalarStyle.Plain, Value: "false" }:
                return false;
            default:
                errors.Add(file, value, $"{what}.{field} must be true or false, not {Show(value)}");
                return null;
        }
    }

    public decimal? Number(string field)
    {
        if (Find(field) is not { } value)
        {
            return null;
        }

        // Read as decimal from the text itself: 0.995 stays 0.995 and its budget is 0.005, not 0.00500000000000000444.
        if (value is YamlScalarNode { Style: ScalarStyle.Plain, Value: { } text }
            && decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal number))
        {
            return number;
        }

        errors.Add(file, value, $"{what}.{field} must be a number, not {Show(value)}");
        return null;
    }

    public string? OneOf(string field, params ReadOnlySpan<string> allowed)
    {
        string? text = Text(field);
        if (text is null || allowed.Contains(text))
        {
            return text;
        }

        errors.Add(file, Find(field)!, $"{what}.{field} is '{text}'; allowed: {string.Join(", ", allowed.ToArray())}");
        return null;
    }

    public StrictMap? Map(string field)
    {
        if (Find(field) is not { } value)
        {
            return null;
        }

        if (value is YamlMappingNode map)
        {
            return new StrictMap(file, map, $"{what}.{field}", errors);
        }

        errors.Add(file, value, $"{what}.{field} must be a mapping, not {Show(value)}");
        return null;
    }

    public StrictMap? RequiredMap(string field)
    {
        if (!Has(field))
        {
            _allowed.Add(field);
            Error($"{what}.{field} is required");
            return null;
        }

        return Map(field);
    }

    /// <summary>The items of a list of mappings; null when the field is absent.</summary>
    public IReadOnlyList<StrictMap>? Maps(string field)
    {
        if (Find(field) is not { } value)
        {
            return null;
        }

        if (value is not YamlSequenceNode list)
        {
            errors.Add(file, value, $"{what}.{field} must be a list, not {Show(value)}");
            return [];
        }

        var items = new List<StrictMap>();
        for (int i = 0; i < list.Children.Count; i++)
        {
            if (list.Children[i] is YamlMappingNode map)
            {
                items.Add(new StrictMap(file, map, $"{what}.{field}[{i}]", errors));
            }
            else
            {
                errors.Add(file, list.Children[i], $"{what}.{field}[{i}] must be a mapping");
            }
        }

        return items;
    }

    /// <summary>Key and text pairs; with <paramref name="lists"/> a value may be a list of texts (OpenSLO labels), joined by commas.</summary>
    public IReadOnlyDictionary<string, string> Pairs(string field, bool lists)
    {
        var pairs = new Dictionary<string, string>(StringComparer.Ordinal);
        if (Find(field) is not { } value)
        {
            return pairs;
        }

        if (value is not YamlMappingNode map)
        {
            errors.Add(file, value, $"{what}.{field} must be a mapping, not {Show(value)}");
            return pairs;
        }

        foreach ((YamlNode key, YamlNode item) in map.Children)
        {
            string? text = item switch
            {
                YamlScalarNode scalar when !IsNull(scalar) => scalar.Value,
                YamlSequenceNode list when lists && list.Children.All(c => c is YamlScalarNode) =>
                    string.Join(',', list.Children.Select(c => ((YamlScalarNode)c).Value)),
                _ => null,
            };
            if (text is null || key is not YamlScalarNode { Value: { } name })
            {
                errors.Add(file, item, $"{what}.{field} holds texts{(lists ? " or lists of texts" : "")}, not {Show(item)}");
                continue;
            }

            pairs[name] = text;
        }

        return pairs;
    }

    /// <summary>Accepts the field whatever it holds: OpenSLO leaves it to the data source.</summary>
    public void Anything(string field) => Find(field);

    public void Error(string message) => errors.Add(Line, message);

    public void ErrorAt(string field, string message) => errors.Add(file, Find(field) ?? node, message);

    /// <summary>Reports the fields that nobody asked for.</summary>
    public void Close()
    {
        foreach (YamlNode key in node.Children.Keys)
        {
            string name = (key as YamlScalarNode)?.Value ?? key.ToString();
            if (!_allowed.Contains(name))
            {
                errors.Add(file, key, $"unknown field '{name}' in {what}; allowed: {string.Join(", ", _allowed)}");
            }
        }
    }

    public override string ToString() => what;

    private YamlNode? Find(string field)
    {
        if (!_allowed.Contains(field))
        {
            _allowed.Add(field);
        }

        return node.Children.TryGetValue(new YamlScalarNode(field), out YamlNode? value) ? value : null;
    }

    private static bool IsNull(YamlScalarNode scalar) =>
        scalar.Style == ScalarStyle.Plain && scalar.Value is null or "" or "~" or "null";

    private static string Show(YamlNode value) => value switch
    {
        YamlScalarNode scalar => $"'{scalar.Value}'",
        YamlSequenceNode => "a list",
        _ => "a mapping",
    };
}
