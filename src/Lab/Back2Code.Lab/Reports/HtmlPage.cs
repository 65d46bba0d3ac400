using System.Globalization;
using System.Net;
using System.Text;

namespace Back2Code.Lab.Reports;

/// <summary>One page in one file: no script, nothing loaded from anywhere. Every value is encoded, so nothing a service or a drill file says can become markup.</summary>
internal sealed class HtmlPage
{
    private readonly StringBuilder _html = new();

    public HtmlPage(string title)
    {
        Raw($"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>{title}</title>
            <style>
            """);
        Verbatim(ReportStyle.Css + "</style>\n</head>\n<body>\n<main>\n");
    }

    /// <summary>Markup around values.</summary>
    public void Raw(FormattableString text) =>
        _html.AppendFormat(CultureInfo.InvariantCulture, text.Format, [.. text.GetArguments().Select(static argument => argument is Markup markup ? markup.Text : (object)WebUtility.HtmlEncode(Convert.ToString(argument, CultureInfo.InvariantCulture) ?? ""))]).Append('\n');

    /// <summary>Markup that was made elsewhere, such as a chart.</summary>
    public void Verbatim(string markup) => _html.Append(markup);

    public void Section(string title, string text) => Raw($"<h2>{title}</h2><p>{text}</p>");

    /// <summary>A heading that starts with # is of a column of numbers.</summary>
    public void Table(IReadOnlyList<string> headings, IEnumerable<IReadOnlyList<string>> rows)
    {
        Verbatim("<div class=\"scroll\"><table><thead><tr>");
        foreach (var heading in headings)
        {
            Raw($"<th{new Markup(IsNumber(heading))}>{heading.TrimStart('#')}</th>");
        }

        Verbatim("</tr></thead><tbody>\n");
        foreach (var row in rows)
        {
            Verbatim("<tr>");
            for (var i = 0; i < headings.Count; i++)
            {
                Raw($"<td{new Markup(IsNumber(headings[i]))}>{row[i]}</td>");
            }

            Verbatim("</tr>\n");
        }

        Verbatim("</tbody></table></div>\n");

        static string IsNumber(string heading) => heading.StartsWith('#') ? " class=\"num\"" : "";
    }

    /// <summary>The heading of a report that has a verdict.</summary>
    public void Head(string kicker, string title, string badge, bool good, string verdict)
    {
        Raw($"<header><p class=\"kicker\">{kicker}</p><h1>{title}</h1>");
        Raw($"<div class=\"verdict\"><span class=\"badge {(good ? "good" : "bad")}\">{badge}</span><strong>{verdict}</strong></div></header>");
    }

    public void List(IEnumerable<string> lines)
    {
        Verbatim("<ul>\n");
        foreach (var line in lines)
        {
            Raw($"<li>{line}</li>");
        }

        Verbatim("</ul>\n");
    }

    public string Finish() => _html.Append("</main>\n</body>\n</html>\n").ToString();

    /// <summary>An argument of <see cref="Raw"/> that is not to be encoded.</summary>
    internal sealed record Markup(string Text);
}
