using System.Text.Json;

namespace Back2Code.Chaos.Proxy.Toxics;

/// <summary>One attribute of a type of toxic: its name, what it is when left out, what it may be.</summary>
internal sealed class ToxicAttribute
{
    // As a time in milliseconds 24 days; the longest wait that a timer takes is 49.
    private const long MaxNumber = int.MaxValue;
    private const int MaxTextLength = 256;

    private readonly long _least;
    private readonly long _most;

    private ToxicAttribute(string name, AttributeValue otherwise, long least, long most)
    {
        Name = name;
        Default = otherwise;
        _least = least;
        _most = most;
    }

    public string Name { get; }

    public AttributeValue Default { get; }

    public static ToxicAttribute Number(string name, long otherwise = 0, long least = 0, long most = MaxNumber) => new(name, otherwise, least, most);

    public static ToxicAttribute Text(string name) => new(name, "", 0, 0);

    /// <exception cref="ToxiproxyApiException">It is not what this attribute may be.</exception>
    public AttributeValue Read(JsonElement value)
    {
        if (Default.Text is null)
        {
            return value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number) && number >= _least && number <= _most
                ? number
                : throw ToxiproxyApiException.BadBody($"attribute '{Name}' must be a whole number from {_least} to {_most}");
        }

        string? text = value.ValueKind == JsonValueKind.String ? TextOf(value) : null;
        return text is { Length: <= MaxTextLength } && !text.Any(char.IsControl)
            ? text
            : throw ToxiproxyApiException.BadBody($"attribute '{Name}' must be a text of at most {MaxTextLength} characters, none of them a control character");
    }

    private static string? TextOf(JsonElement value)
    {
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair.
            return null;
        }
    }
}
