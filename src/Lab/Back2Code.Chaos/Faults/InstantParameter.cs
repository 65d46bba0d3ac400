using System.Globalization;

namespace Back2Code.Chaos.Faults;

/// <summary>A moment in UTC, such as <c>2038-01-19T03:14:08Z</c>.</summary>
public sealed record InstantParameter(string Name, string Summary, DateTimeOffset Minimum, DateTimeOffset Maximum, bool Required = false)
    : FaultParameter(Name, Summary, Required)
{
    private const string Form = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    public override string Allowed => $"a time from {Text(Minimum)} to {Text(Maximum)}";

    public static bool TryParse(string? text, out DateTimeOffset value) => DateTimeOffset.TryParseExact(text, Form, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out value);

    internal override string? Check(string text) =>
        !TryParse(text, out var value) ? $"'{text}' is not a time"
        : value < Minimum || value > Maximum ? $"{text} is out of range"
        : null;

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString(Form, CultureInfo.InvariantCulture);
}
