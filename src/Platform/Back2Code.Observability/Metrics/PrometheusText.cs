using System.Buffers;
using System.Globalization;
using System.Text;

namespace Back2Code.Observability;

/// <summary>
/// Writes the Prometheus text format, version 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats/). Not thread-safe; reused from scrape to scrape.
/// </summary>
internal sealed class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly ArrayBufferWriter<byte> _buffer = new(64 * 1024);

    public ReadOnlyMemory<byte> Written => _buffer.WrittenMemory;

    public void Clear() => _buffer.ResetWrittenCount();

    public void Family(string name, string type, string help)
    {
        // In help texts only the backslash and the line feed are special.
        Append("# HELP ").Append(name).Append(" ").Append(Escape(help, quotes: false)).Append("\n# TYPE ").Append(name).Append(" ").Append(type).Append("\n");
    }

    /// <summary>One sample; <paramref name="labels"/> comes from <see cref="Labels"/>.</summary>
    public void Sample(string name, string suffix, string labels, double value, string? le = null)
    {
        Append(name).Append(suffix);
        if (labels.Length > 0 || le is not null)
        {
            Append("{").Append(labels);
            if (le is not null)
            {
                Append(labels.Length > 0 ? ",le=\"" : "le=\"").Append(le).Append("\"");
            }

            Append("}");
        }

        Append(" ").Append(Number(value)).Append("\n");
    }

    public void Sample(string name, string suffix, string labels, long value)
    {
        Append(name).Append(suffix);
        if (labels.Length > 0)
        {
            Append("{").Append(labels).Append("}");
        }

        Append(" ").Append(value.ToString(CultureInfo.InvariantCulture)).Append("\n");
    }

    /// <summary>Tags as <c>name="value"</c>, comma-separated. Names that fall together once made valid share one label, values joined by ';'.</summary>
    public static string Labels(IEnumerable<KeyValuePair<string, object?>> tags, bool histogram)
    {
        var labels = new List<(string Name, string Value)>(4);
        foreach (var (key, tag) in tags)
        {
            var name = PrometheusNames.Label(key);
            if (histogram && name == "le")
            {
                // Here "le" is the bucket's upper bound. (Two leading underscores, reserved too, cannot come out of Label.)
                name = "exported_le";
            }

            var value = Text(tag);
            var same = labels.FindIndex(label => label.Name == name);
            if (same < 0)
            {
                labels.Add((name, value));
            }
            else
            {
                labels[same] = (name, $"{labels[same].Value};{value}");
            }
        }

        return string.Join(',', labels.Select(label => $"{label.Name}=\"{Escape(label.Value, quotes: true)}\""));
    }

    public static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        double.NaN => "NaN",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };

    private static string Text(object? value) => value switch
    {
        null => "",
        string text => text,
        bool flag => flag ? "true" : "false",
        Array array => $"[{string.Join(',', array.Cast<object?>().Select(Text))}]",
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    private static string Escape(string text, bool quotes)
    {
        if (text.AsSpan().IndexOfAny('\\', '\n', quotes ? '"' : '\n') < 0)
        {
            return text;
        }

        var escaped = new StringBuilder(text.Length + 8).Append(text).Replace("\\", "\\\\").Replace("\n", "\\n");
        return (quotes ? escaped.Replace("\"", "\\\"") : escaped).ToString();
    }

    private PrometheusText Append(string text)
    {
        var span = _buffer.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length));
        _buffer.Advance(Encoding.UTF8.GetBytes(text, span));
        return this;
    }
}
