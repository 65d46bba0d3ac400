using System.Globalization;
using System.Text;
using RabbitMQ.Client;

namespace Back2Code.Chaos.Faults.Data;

/// <summary>An event that a fault publishes: a CloudEvent in binary mode, with something about it.</summary>
/// <param name="Type">Its type, which is its routing key too.</param>
internal sealed record StrayEvent(string Type, BasicProperties Properties, ReadOnlyMemory<byte> Body)
{
    /// <summary>Tells whose it was, among the dead letters too.</summary>
    public const string FaultHeader = "x-back2code-fault";

    public static StrayEvent Of(FaultContext context, string type, byte[] body, string specVersion = "1.0")
    {
        var id = Guid.CreateVersion7().ToString();
        var properties = new BasicProperties
        {
            ContentType = "application/json",
            DeliveryMode = DeliveryModes.Persistent,
            MessageId = id,
            Headers = new Dictionary<string, object?>
            {
                ["cloudEvents:specversion"] = specVersion,
                ["cloudEvents:id"] = id,
                ["cloudEvents:source"] = "/back2code/faults",
                ["cloudEvents:type"] = type,
                ["cloudEvents:time"] = context.Platform.Time.GetUtcNow().UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
                [FaultHeader] = context.FaultId,
            },
        };
        return new StrayEvent(type, properties, body);
    }

    /// <summary>A valid event of a type that no consumer reacts to.</summary>
    public static StrayEvent Unwanted(FaultContext context, string type, int bytes = 20) =>
        Of(context, type, Encoding.ASCII.GetBytes($$"""{"padding":"{{new string('x', Math.Max(0, bytes - 14))}}"}"""));
}
