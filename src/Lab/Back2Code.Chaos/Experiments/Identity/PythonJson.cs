using System.Globalization;
using System.Text;
using Back2Code.Chaos.Experiments.Documents;

namespace Back2Code.Chaos.Experiments.Identity;

/// <summary>
/// Writes a document as Python's <c>json.dumps(…, sort_keys=True)</c> does, character for character: keys in order, a space behind commas and colons, ASCII only,
/// a whole float with its <c>.0</c>.
/// </summary>
internal static class PythonJson
{
    public static string Write(DocumentNode document)
    {
        var text = new StringBuilder();
        Write(document, text);
        return text.ToString();
    }

    private static void Write(DocumentNode node, StringBuilder text)
    {
        switch (node)
        {
            case MappingNode map:
                // Of a key given twice, which --compat lets pass, the last one counts.
                var last = map.Entries.GroupBy(static e => e.Key).Select(static g => g.Last()).OrderBy(static e => e.Key, CodePoints.Order);
                WriteAll('{', last, '}', text, entry =>
                {
                    WriteText(entry.Key, text);
                    text.Append(": ");
                    Write(entry.Value, text);
                });
                break;
            case SequenceNode list:
                WriteAll('[', list.Items, ']', text, item => Write(item, text));
                break;
            case ScalarNode scalar:
                WriteScalar(scalar.Value, text);
                break;
        }
    }

    private static void WriteAll<T>(char open, IEnumerable<T> items, char close, StringBuilder text, Action<T> write)
    {
        text.Append(open);
        var isFirst = true;
        foreach (var item in items)
        {
            text.Append(isFirst ? "" : ", ");
            isFirst = false;
            write(item);
        }

        text.Append(close);
    }

    private static void WriteScalar(ScalarValue value, StringBuilder text)
    {
        switch (value)
        {
            case ScalarValue.Text { Value: var t }:
                WriteText(t, text);
                break;
            case ScalarValue.Whole { Value: var whole }:
                text.Append(whole.ToString(CultureInfo.InvariantCulture));
                break;
            case ScalarValue.Real { Value: var real }:
                text.Append(Float(real));
                break;
            case ScalarValue.Boolean { Value: var flag }:
                text.Append(flag ? "true" : "false");
                break;
            default:
                text.Append("null");
                break;
        }
    }

    private static void WriteText(string value, StringBuilder text)
    {
        text.Append('"');
        foreach (var c in value)
        {
            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append(@"\\"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                '\f' => text.Append("\\f"),
                '\b' => text.Append("\\b"),
                >= ' ' and <= '~' => text.Append(c),
                _ => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
            };
        }

        text.Append('"');
    }

    /// <summary>The shortest digits that read back as the same number, as in .NET; an exponent from 16 digits on and below 0.0001, unlike .NET.</summary>
    private static string Float(double value)
    {
        if (!double.IsFinite(value))
        {
            return double.IsNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
        }

        // The exponent after rounding to 17 digits, which never carries: the shortest form has no more.
        var scientific = value.ToString("E16", CultureInfo.InvariantCulture);
        var exponent = int.Parse(scientific.AsSpan(scientific.IndexOf('E', StringComparison.Ordinal) + 1), CultureInfo.InvariantCulture);
        var shortest = Math.Abs(value).ToString("R", CultureInfo.InvariantCulture);
        var mantissa = shortest.Split('E')[0];
        var digits = mantissa.Replace(".", "", StringComparison.Ordinal).TrimStart('0').TrimEnd('0');
        digits = digits.Length == 0 ? "0" : digits;
        var sign = double.IsNegative(value) ? "-" : "";
        if (value == 0)
        {
            return sign + "0.0";
        }

        if (exponent is < -4 or >= 16)
        {
            var rest = digits.Length > 1 ? "." + digits[1..] : "";
            return string.Create(CultureInfo.InvariantCulture, $"{sign}{digits[0]}{rest}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}");
        }

        return exponent < 0 ? $"{sign}0.{new string('0', -exponent - 1)}{digits}"
            : digits.Length <= exponent + 1 ? $"{sign}{digits.PadRight(exponent + 1, '0')}.0"
            : $"{sign}{digits[..(exponent + 1)]}.{digits[(exponent + 1)..]}";
    }

    /// <summary>Python orders texts by code points; .NET by UTF-16 units, where what lies beyond the first 65,536 comes before U+E000.</summary>
    private sealed class CodePoints : IComparer<string>
    {
        public static readonly CodePoints Order = new();

        public int Compare(string? x, string? y)
        {
            var (left, right) = (x!.EnumerateRunes(), y!.EnumerateRunes());
            while (true)
            {
                var (hasLeft, hasRight) = (left.MoveNext(), right.MoveNext());
                if (!hasLeft || !hasRight)
                {
                    return hasLeft.CompareTo(hasRight);
                }

                if (left.Current.CompareTo(right.Current) is not 0 and var order)
                {
                    return order;
                }
            }
        }
    }
}
