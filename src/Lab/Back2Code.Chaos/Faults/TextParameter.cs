namespace Back2Code.Chaos.Faults;

/// <summary>A short text in one line.</summary>
/// <param name="Longest">Most characters.</param>
public sealed record TextParameter(string Name, string Summary, int Longest = 200, bool Required = false)
    : FaultParameter(Name, Summary, Required)
{
    public override string Allowed => FormattableString.Invariant($"a text of at most {Longest} characters in one line");

    internal override string? Check(string text) =>
        text.Length > Longest || text.AsSpan().ContainsAny('\0', '\n', '\r') ? "it is no such text" : null;
}
