using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Back2Code.Chaos.Proxy;

/// <summary>An attribute of a toxic: a whole number, or for a few attributes a text.</summary>
/// <param name="Number">The number; 0 for a text.</param>
/// <param name="Text">The text; null for a number.</param>
[JsonConverter(typeof(Converter))]
public readonly record struct AttributeValue(long Number, string? Text = null)
{
    public static implicit operator AttributeValue(long number) => FromInt64(number);

    public static implicit operator AttributeValue(string text) => new(0, text);

    public static AttributeValue FromInt64(long number) => new(number);

    public override string ToString() => Text ?? Number.ToString(CultureInfo.InvariantCulture);

    private sealed class Converter : JsonConverter<AttributeValue>
    {
        public override AttributeValue Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String ? new AttributeValue(0, reader.GetString()) : new AttributeValue(reader.GetInt64());

        public override void Write(Utf8JsonWriter writer, AttributeValue value, JsonSerializerOptions options)
        {
            if (value.Text is { } text)
            {
                writer.WriteStringValue(text);
            }
            else
            {
                writer.WriteNumberValue(value.Number);
            }
        }
    }
}
