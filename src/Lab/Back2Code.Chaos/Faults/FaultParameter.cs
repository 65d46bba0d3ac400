namespace Back2Code.Chaos.Faults;

/// <summary>One parameter of a fault, with the range that its value must lie in.</summary>
public abstract record FaultParameter(string Name, string Summary, bool Required)
{
    /// <summary>The allowed values in words, for error messages and <c>--help</c>: "a duration from 1 ms to 1 h".</summary>
    public abstract string Allowed { get; }

    /// <summary>Null when the text is an allowed value, else what is wrong with it.</summary>
    internal abstract string? Check(string text);
}

/// <summary>A span of time, written <c>250ms</c>, <c>3s</c>, <c>1m30s</c>.</summary>
public sealed record DurationParameter(string Name, string Summary, TimeSpan Minimum, TimeSpan Maximum, bool Required = false)
    : FaultParameter(Name, Summary, Required)
{
    public override string Allowed => $"a duration from {Durations.Format(Minimum)} to {Durations.Format(Maximum)}";

    internal override string? Check(string text) =>
        !Durations.TryParse(text, out var value) ? $"'{text}' is not a duration"
        : value < Minimum || value > Maximum ? $"{text} is out of range"
        : null;
}

/// <summary>A whole number.</summary>
public sealed record NumberParameter(string Name, string Summary, long Minimum, long Maximum, bool Required = false)
    : FaultParameter(Name, Summary, Required)
{
    public override string Allowed => FormattableString.Invariant($"a whole number from {Minimum} to {Maximum}");

    internal override string? Check(string text) =>
        !long.TryParse(text, System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out long value)
            ? $"'{text}' is not a whole number"
            : value < Minimum || value > Maximum ? $"{text} is out of range" : null;
}

/// <summary>A share from 0 to 1.</summary>
public sealed record RatioParameter(string Name, string Summary, bool Required = false)
    : FaultParameter(Name, Summary, Required)
{
    public override string Allowed => "a number from 0 to 1";

    internal override string? Check(string text) =>
        decimal.TryParse(text, System.Globalization.NumberStyles.AllowDecimalPoint, System.Globalization.CultureInfo.InvariantCulture, out decimal value)
        && value is >= 0 and <= 1
            ? null
            : $"'{text}' is not such a share";
}

/// <summary>One of a few words.</summary>
public sealed record ChoiceParameter(string Name, string Summary, IReadOnlyList<string> Choices, bool Required = false)
    : FaultParameter(Name, Summary, Required)
{
    public override string Allowed => "one of " + string.Join(", ", Choices);

    internal override string? Check(string text) => Choices.Contains(text) ? null : $"'{text}' is not among them";
}

/// <summary>What the path of a request begins with.</summary>
public sealed record RouteParameter(string Name, string Summary, string Prefix, bool Required = false)
    : FaultParameter(Name, Summary, Required)
{
    public override string Allowed => $"a path that begins with {Prefix}";

    internal override string? Check(string text) => text.StartsWith(Prefix, StringComparison.Ordinal) ? null : $"'{text}' is not such a path";
}
