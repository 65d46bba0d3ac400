using System.Text;
using System.Text.Json;
using Back2Code.Messaging;
using FsCheck;
using FsCheck.Fluent;
using RabbitMQ.Client;

namespace Back2Code.UnitTests.Messaging;

public sealed class CloudEventMessageTests
{
    private static readonly CloudEvent Event = new(
        "e1", "/services/notes", "note.created", "n1", new DateTimeOffset(2026, 11, 20, 10, 0, 0, 123, TimeSpan.Zero), JsonSerializer.SerializeToElement(new { a = 1 }));

    [Fact]
    public void An_event_survives_the_wire() =>
        Prop.ForAll((NonEmptyString id, NonNull<string> subject, DateTime time) =>
        {
            var original = Event with
            {
                // Header values are UTF-8: what is not Unicode cannot be an id.
                Id = "x" + Valid(id.Get),
                Subject = Valid(subject.Get),
                Time = new DateTimeOffset(DateTime.SpecifyKind(time, DateTimeKind.Utc)),
                Data = JsonSerializer.SerializeToElement(new { time, text = subject.Get }),
                TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            };

            var read = Transport(original);

            return read with { Data = original.Data } == original && JsonElement.DeepEquals(read.Data, original.Data);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Messages_are_persistent_JSON_with_the_attributes_of_the_standard()
    {
        var (properties, body) = CloudEventMessage.Write(Event);

        Assert.True(properties.Persistent);
        Assert.Equal("application/json", properties.ContentType);
        Assert.Equal("1.0", properties.Headers!["cloudEvents:specversion"]);
        Assert.Equal("""{"a":1}""", Encoding.UTF8.GetString(body.Span));
    }

    [Theory]
    [InlineData("specversion")]
    [InlineData("id")]
    [InlineData("source")]
    [InlineData("type")]
    public void A_missing_attribute_is_poison_and_named(string attribute)
    {
        var (properties, body) = CloudEventMessage.Write(Event);
        properties.Headers!.Remove("cloudEvents:" + attribute);

        var error = Assert.Throws<PoisonMessageException>(() => CloudEventMessage.Read(properties, body));

        Assert.Contains(attribute, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cloudEvents:specversion", "0.3", "0.3")]
    [InlineData("cloudEvents:time", "yesterday", "yesterday")]
    [InlineData("cloudEvents:id", "", "id")]
    public void A_wrong_attribute_is_poison_and_shown(string header, string value, string shown)
    {
        var (properties, body) = CloudEventMessage.Write(Event);
        properties.Headers![header] = value;

        var error = Assert.Throws<PoisonMessageException>(() => CloudEventMessage.Read(properties, body));

        Assert.Contains(shown, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Headers_with_an_underscore_are_understood_too()
    {
        var properties = new BasicProperties
        {
            Headers = new Dictionary<string, object?>
            {
                ["cloudEvents_specversion"] = "1.0",
                ["cloudEvents_id"] = "e1",
                ["cloudEvents_source"] = "/s",
                ["cloudEvents_type"] = "t",
            },
        };

        Assert.Equal("e1", CloudEventMessage.Read(properties, "{}"u8.ToArray()).Id);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("""{"specversion":"1.0","id":"1","source":"/s","type":"t"}""")]
    [InlineData("""{"specversion":"1.0","id":1,"source":"/s","type":"t","data":{}}""")]
    [InlineData("""{"specversion":"1.0","id":"1","source":"/s","type":"t","data":""")]
    public void A_broken_structured_event_is_poison(string body)
    {
        var properties = new BasicProperties { ContentType = "application/cloudevents+json" };

        Assert.Throws<PoisonMessageException>(() => CloudEventMessage.Read(properties, Encoding.UTF8.GetBytes(body)));
    }

    /// <summary>What the broker does to headers: text becomes bytes.</summary>
    private static CloudEvent Transport(CloudEvent cloudEvent)
    {
        var (properties, body) = CloudEventMessage.Write(cloudEvent);
        properties.Headers = properties.Headers!.ToDictionary(header => header.Key, header => (object?)Encoding.UTF8.GetBytes((string)header.Value!));
        return CloudEventMessage.Read(properties, body);
    }

    private static string Valid(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
}
