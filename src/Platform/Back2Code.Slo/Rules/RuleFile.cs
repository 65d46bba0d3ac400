using System.Text;

namespace Back2Code.Slo;

/// <summary>Writes Prometheus' rule file format. Texts are quoted here and nowhere else.</summary>
internal sealed class RuleFile
{
    private readonly StringBuilder _text = new();

    public RuleFile(string comment) => _text.Append("# ").Append(comment).Append("\ngroups:\n");

    public void Group(string name, TimeSpan interval) =>
        _text.Append("  - name: ").Append(PromText.Quoted(name)).Append("\n    interval: ").Append(PromText.Duration(interval)).Append("\n    rules:\n");

    public void Record(string name, string expression, IReadOnlyCollection<KeyValuePair<string, string>> labels)
    {
        _text.Append("      - record: ").Append(name).Append('\n');
        Expression(expression);
        Pairs("labels", labels);
    }

    public void Alert(string name, string expression, TimeSpan holdFor, IReadOnlyCollection<KeyValuePair<string, string>> labels, IReadOnlyCollection<KeyValuePair<string, string>> annotations)
    {
        _text.Append("      - alert: ").Append(name).Append('\n');
        Expression(expression);
        if (holdFor > TimeSpan.Zero)
        {
            _text.Append("        for: ").Append(PromText.Duration(holdFor)).Append('\n');
        }

        Pairs("labels", labels);
        Pairs("annotations", annotations);
    }

    public override string ToString() => _text.ToString();

    private void Expression(string expression)
    {
        if (!expression.Contains('\n', StringComparison.Ordinal))
        {
            _text.Append("        expr: ").Append(PromText.Quoted(expression)).Append('\n');
            return;
        }

        _text.Append("        expr: |-\n");
        foreach (string line in expression.Split('\n'))
        {
            _text.Append("          ").Append(line).Append('\n');
        }
    }

    private void Pairs(string field, IReadOnlyCollection<KeyValuePair<string, string>> pairs)
    {
        if (pairs.Count == 0)
        {
            return;
        }

        _text.Append("        ").Append(field).Append(":\n");
        foreach ((string key, string value) in pairs)
        {
            _text.Append("          ").Append(key).Append(": ").Append(PromText.Quoted(value)).Append('\n');
        }
    }
}
