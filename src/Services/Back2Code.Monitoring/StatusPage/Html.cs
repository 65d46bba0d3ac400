using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;

namespace Back2Code.Monitoring.StatusPage;

/// <summary>
/// HTML that cannot be injected into: as an interpolated string, everything between braces is encoded, and only the text of our own source is markup.
/// Values that are <see cref="Html"/> themselves are markup already.
/// </summary>
internal sealed class Html
{
    private readonly StringBuilder _text = new();

    public Html Add(ref HtmlInterpolation markup)
    {
        _text.Append(markup.Text);
        return this;
    }

    public Html AddRange<T>(IEnumerable<T> items, Func<T, Html> render)
    {
        foreach (T item in items)
        {
            _text.Append(render(item)._text);
        }

        return this;
    }

    public static Html Of(ref HtmlInterpolation markup) => new Html().Add(ref markup);

    /// <summary>Text of our own source that is markup as it stands. Never for a value.</summary>
    public static Html Raw(string markup)
    {
        var html = new Html();
        html._text.Append(markup);
        return html;
    }

    public override string ToString() => _text.ToString();

    /// <summary>Builds markup from literals and encoded values.</summary>
    [System.Runtime.CompilerServices.InterpolatedStringHandler]
    public readonly ref struct HtmlInterpolation(int literalLength, int formattedCount)
    {
        public StringBuilder Text { get; } = new(literalLength + (16 * formattedCount));

        public void AppendLiteral(string markup) => Text.Append(markup);

        public void AppendFormatted(Html markup) => Text.Append(markup._text);

        public void AppendFormatted(string? value) => Text.Append(HtmlEncoder.Default.Encode(value ?? ""));

        public void AppendFormatted(int value) => Text.Append(value.ToString(CultureInfo.InvariantCulture));

        public void AppendFormatted(double value) => Text.Append(value.ToString("0.##", CultureInfo.InvariantCulture));
    }
}
