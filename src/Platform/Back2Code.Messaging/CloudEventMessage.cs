using System.Globalization;
using System.Text;
using System.Text.Json;
using RabbitMQ.Client;

namespace Back2Code.Messaging;

/// <summary>
/// CloudEvents 1.0 on AMQP messages: written in binary mode (attributes as <c>cloudEvents:…</c> headers, data as the body), read in
/// binary and structured mode (<c>application/cloudevents+json</c>).
/// </summary>
internal static class CloudEventMessage
{
    private const string Prefix = "cloudEvents:";

    // Some AMQP 0-9-1 bindings cannot write a colon; the AMQP protocol binding lets them use this one.
    private const string OtherPrefix = "cloudEvents_";
    private const string SpecVersion = "1.0";
    private const string StructuredContentType = "application/cloudevents+json";

    public static (BasicProperties Properties, ReadOnlyMemory<byte> Body) Write(CloudEvent cloudEvent)
    {
        var headers = new Dictionary<string, object?>
        {
            [Prefix + "specversion"] = SpecVersion,
            [Prefix + "id"] = cloudEvent.Id,
            [Prefix + "source"] = cloudEvent.Source,
            [Prefix + "type"] = cloudEvent.Type,
            [Prefix + "time"] = cloudEvent.Time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
        };
        if (cloudEvent.Subject.Length > 0)
        {
            headers[Prefix + "subject"] = cloudEvent.Subject;
        }

        if (cloudEvent.TraceParent is not null)
        {
            headers[Prefix + "traceparent"] = cloudEvent.TraceParent;
        }

        var properties = new BasicProperties
        {
            ContentType = "application/json",
            DeliveryMode = DeliveryModes.Persistent,
            MessageId = cloudEvent.Id,
            Headers = headers,
        };
        return (properties, JsonSerializer.SerializeToUtf8Bytes(cloudEvent.Data, JsonSerializerOptions.Web));
    }

    /// <exception cref="PoisonMessageException">Not a CloudEvent, or not one with JSON data.</exception>
    public static CloudEvent Read(IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body)
    {
        bool structured = properties.ContentType?.StartsWith(StructuredContentType, StringComparison.OrdinalIgnoreCase) == true;
        return structured ? ReadStructured(body) : ReadBinary(properties, body);
    }

    private static CloudEvent ReadBinary(IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body)
    {
        string? Attribute(string name)
        {
            if (properties.Headers is not { } headers || !(headers.TryGetValue(Prefix + name, out object? value) || headers.TryGetValue(OtherPrefix + name, out value)))
            {
                return null;
            }

            return value switch
            {
                byte[] utf8 => Encoding.UTF8.GetString(utf8),
                string text => text,
                AmqpTimestamp timestamp => DateTimeOffset.FromUnixTimeSeconds(timestamp.UnixTime).ToString("O", CultureInfo.InvariantCulture),
                _ => null,
            };
        }

        return Create(Attribute, ParseData(body));
    }

    private static CloudEvent ReadStructured(ReadOnlyMemory<byte> body)
    {
        var envelope = ParseData(body);
        if (envelope.ValueKind != JsonValueKind.Object)
        {
            throw new PoisonMessageException("a structured CloudEvent must be a JSON object");
        }

        if (!envelope.TryGetProperty("data", out var data))
        {
            throw new PoisonMessageException("the CloudEvent has no data, or has it as data_base64, which is not JSON");
        }

        return Create(name => envelope.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null, data);
    }

    private static CloudEvent Create(Func<string, string?> attribute, JsonElement data)
    {
        string Required(string name) =>
            attribute(name) is { Length: > 0 } value ? value : throw new PoisonMessageException($"the CloudEvents attribute {name} is missing");

        if (Required("specversion") is not SpecVersion and var version)
        {
            throw new PoisonMessageException($"CloudEvents {version} is not supported, only {SpecVersion}");
        }

        string? timeText = attribute("time");
        DateTimeOffset time = default;
        if (timeText is not null && !DateTimeOffset.TryParse(timeText, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time))
        {
            throw new PoisonMessageException($"the CloudEvents attribute time is not a timestamp: {timeText}");
        }

        return new CloudEvent(Required("id"), Required("source"), Required("type"), attribute("subject") ?? "", time, data) { TraceParent = attribute("traceparent") };
    }

    private static JsonElement ParseData(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw new PoisonMessageException($"the body is not JSON: {e.Message}", e);
        }
    }
}
