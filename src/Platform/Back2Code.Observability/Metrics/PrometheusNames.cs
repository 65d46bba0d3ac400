using System.Text;

namespace Back2Code.Observability;

/// <summary>
/// OpenTelemetry names and units as Prometheus names, by "Prometheus and OpenMetrics Compatibility" of the OpenTelemetry
/// specification: dots become underscores, the unit and <c>_total</c> are appended unless they are there already.
/// </summary>
internal static class PrometheusNames
{
    public static string Metric(string name, string? unit, bool counter, bool gauge)
    {
        var result = Sanitize(name, allowColon: true);
        if (counter && result.EndsWith("_total", StringComparison.Ordinal))
        {
            result = result[..^"_total".Length];
        }

        var suffix = Unit(unit, gauge);
        if (suffix.Length > 0 && !result.EndsWith('_' + suffix, StringComparison.Ordinal) && result != suffix)
        {
            result = $"{result}_{suffix}";
        }

        return counter ? result + "_total" : result;
    }

    public static string Label(string name) => Sanitize(name, allowColon: false);

    /// <summary>UCUM (the units of OpenTelemetry) in the words of Prometheus; empty for counts, whose braces are only a comment.</summary>
    private static string Unit(string? unit, bool gauge)
    {
        var text = RemoveAnnotations(unit ?? "");
        if (text == "1")
        {
            return gauge ? "ratio" : "";
        }

        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0)
        {
            return Word(text);
        }

        var rate = Word(text[(slash + 1)..]);
        var what = Word(text[..slash]);
        // "s/1" or "{request}/s": a side that was only a comment leaves the other one.
        return rate.Length == 0 ? what : what.Length == 0 ? $"per_{Singular(rate)}" : $"{what}_per_{Singular(rate)}";
    }

    private static string Word(string unit) => unit switch
    {
        "d" => "days",
        "h" => "hours",
        "min" => "minutes",
        "s" => "seconds",
        "ms" => "milliseconds",
        "us" => "microseconds",
        "ns" => "nanoseconds",
        "By" => "bytes",
        "KiBy" => "kibibytes",
        "MiBy" => "mebibytes",
        "GiBy" => "gibibytes",
        "KBy" or "kBy" => "kilobytes",
        "MBy" => "megabytes",
        "GBy" => "gigabytes",
        "m" => "meters",
        "V" => "volts",
        "A" => "amperes",
        "J" => "joules",
        "W" => "watts",
        "g" => "grams",
        "Cel" => "celsius",
        "Hz" => "hertz",
        "%" => "percent",
        "" or "1" => "",
        _ => Sanitize(unit, allowColon: false).Trim('_'),
    };

    private static string Singular(string word) => word.EndsWith('s') ? word[..^1] : word;

    private static string RemoveAnnotations(string unit)
    {
        var text = new StringBuilder(unit.Length);
        var depth = 0;
        foreach (var c in unit)
        {
            if (c == '{')
            {
                depth++;
            }
            else if (c == '}')
            {
                depth = Math.Max(0, depth - 1);
            }
            else if (depth == 0)
            {
                text.Append(c);
            }
        }

        return text.ToString();
    }

    /// <summary>ASCII letters, digits and underscores; runs of anything else become one underscore; never starts with a digit.</summary>
    private static string Sanitize(string name, bool allowColon)
    {
        var text = new StringBuilder(name.Length + 1);
        foreach (var c in name)
        {
            if (char.IsAsciiLetterOrDigit(c) || (allowColon && c == ':'))
            {
                if (text.Length == 0 && char.IsAsciiDigit(c))
                {
                    text.Append('_');
                }

                text.Append(c);
            }
            else if (text.Length == 0 || text[^1] != '_')
            {
                text.Append('_');
            }
        }

        return text.Length == 0 ? "_" : text.ToString();
    }
}
