using System.Text.RegularExpressions;

namespace Back2Code.Chaos.Faults.Servers;

/// <summary>The name of something on a server: a table, a role, a queue.</summary>
/// <param name="Form">What the whole name must match.</param>
/// <param name="InWords">The form in words, such as "schema.table".</param>
public sealed record NameParameter(string Name, string Summary, string Form, string InWords, bool Required = false)
    : FaultParameter(Name, Summary, Required)
{
    public override string Allowed => InWords;

    internal override string? Check(string text) =>
        text.Length <= 200 && Regex.IsMatch(text, $@"\A(?:{Form})\z", RegexOptions.NonBacktracking) ? null : $"'{text}' is not such a name";
}
