using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Back2Code.Authentication;

/// <summary>JSON in tokens and key sets. A duplicate member is refused: two readers could see two different values.</summary>
internal static class StrictJson
{
    /// <summary>The longest document whose names are compared here, each with each: what a token can hold.</summary>
    private const int MaxCompared = TokenValidator.MaxTokenChars;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 8 };
    private static readonly JsonDocumentOptions Lenient = Strict with { AllowDuplicateProperties = true };

    public static bool TryParseObject(ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out JsonDocument? document)
    {
        document = null;
        try
        {
            // The framework's check keeps a list of the names, which is a fifth of what a token may cost. Without a backslash every name is what it looks like.
            var compare = utf8.Length <= MaxCompared && !utf8.Span.Contains((byte)'\\');
            var parsed = JsonDocument.Parse(utf8, compare ? Lenient : Strict);
            if (parsed.RootElement.ValueKind != JsonValueKind.Object || (compare && NamesTwice(parsed.RootElement)))
            {
                parsed.Dispose();
                return false;
            }

            document = parsed;
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
        catch (InvalidOperationException)
        {
            // A member name with half a surrogate pair is found out only when names are compared.
            return false;
        }
    }

    private static bool NamesTwice(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in value.EnumerateArray())
            {
                if (NamesTwice(item))
                {
                    return true;
                }
            }
        }
        else if (value.ValueKind == JsonValueKind.Object)
        {
            var before = 0;
            foreach (var member in value.EnumerateObject())
            {
                if (IsAmongFirst(before++, value, JsonMarshal.GetRawUtf8PropertyName(member)) || NamesTwice(member.Value))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static bool IsAmongFirst(int count, JsonElement json, ReadOnlySpan<byte> name)
    {
        foreach (var member in json.EnumerateObject())
        {
            if (count-- == 0)
            {
                break;
            }

            if (JsonMarshal.GetRawUtf8PropertyName(member).SequenceEqual(name))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The member's text, or null when it is absent, no string, or not valid Unicode.</summary>
    public static string? Text(JsonElement json, string name)
    {
        try
        {
            return json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
