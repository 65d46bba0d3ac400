using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;

namespace Back2Code.Identity;

/// <summary>Markup. Made from an interpolated text in which every hole is escaped, unless it holds markup itself.</summary>
internal readonly record struct Html(string Markup)
{
    public static Html Of(HtmlWriter writer) => new(writer.ToString());

    public static Html Join(IEnumerable<Html> parts) => new(string.Concat(parts.Select(static part => part.Markup)));

    public override string ToString() => Markup;
}

/// <summary>What the compiler turns an interpolated text into that stands where <see cref="Html"/> is made.</summary>
[InterpolatedStringHandler]
internal readonly ref struct HtmlWriter(int literalLength, int formattedCount)
{
    private readonly StringBuilder _text = new(literalLength + (formattedCount * 32));

    public void AppendLiteral(string markup) => _text.Append(markup);

    public void AppendFormatted(Html markup) => _text.Append(markup.Markup);

    public void AppendFormatted(string? text) => _text.Append(HtmlEncoder.Default.Encode(text ?? ""));

    public override string ToString() => _text.ToString();
}
