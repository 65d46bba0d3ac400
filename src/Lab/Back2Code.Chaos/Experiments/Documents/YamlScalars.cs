using System.Globalization;
using System.Text.RegularExpressions;

namespace Back2Code.Chaos.Experiments.Documents;

/// <summary>
/// Types of plain YAML scalars as PyYAML (YAML 1.1) resolves them, because existing experiment files were written against it.
/// Left out: sexagesimal numbers (<c>22:22</c> stays text) and dates (they stay text, as the journal would print them anyway).
/// </summary>
internal static partial class YamlScalars
{
    public static ScalarValue Resolve(string text)
    {
        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return new ScalarValue.Null();
            case "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON":
                return new ScalarValue.Boolean(true);
            case "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF":
                return new ScalarValue.Boolean(false);
            case ".inf" or ".Inf" or ".INF" or "+.inf" or "+.Inf" or "+.INF":
                return new ScalarValue.Real(double.PositiveInfinity);
            case "-.inf" or "-.Inf" or "-.INF":
                return new ScalarValue.Real(double.NegativeInfinity);
            case ".nan" or ".NaN" or ".NAN":
                return new ScalarValue.Real(double.NaN);
        }

        var digits = text.Replace("_", "", StringComparison.Ordinal);
        if (Decimal().IsMatch(text) && long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer))
        {
            return new ScalarValue.Whole(integer);
        }

        if (Radix().Match(text) is { Success: true } radix && FromRadix(radix, digits) is { } converted)
        {
            return new ScalarValue.Whole(converted);
        }

        return Real().IsMatch(text) && double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var real)
            ? new ScalarValue.Real(real)
            : new ScalarValue.Text(text);
    }

    private static long? FromRadix(Match match, string digits)
    {
        var negative = digits.StartsWith('-');
        var body = digits.TrimStart('+', '-');
        try
        {
            var value = body switch
            {
                _ when body.StartsWith("0x", StringComparison.Ordinal) => Convert.ToInt64(body[2..], 16),
                _ when body.StartsWith("0b", StringComparison.Ordinal) => Convert.ToInt64(body[2..], 2),
                _ => Convert.ToInt64(body, 8),
            };
            return match.Success && negative ? -value : value;
        }
        catch (OverflowException)
        {
            return null;
        }
    }

    [GeneratedRegex(@"^[-+]?(0|[1-9][0-9_]*)$")]
    private static partial Regex Decimal();

    [GeneratedRegex("^[-+]?(0x[0-9a-fA-F_]*[0-9a-fA-F]|0b[01_]*[01]|0[0-7_]+)$")]
    private static partial Regex Radix();

    // PyYAML wants a dot, so 1e3 is text; and a sign in the exponent, which we do not insist on.
    [GeneratedRegex(@"^[-+]?([0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)([eE][-+]?[0-9]+)?$")]
    private static partial Regex Real();
}
