using RabbitMQ.Client;

namespace Back2Code.Messaging;

/// <summary>
/// When a message was given to the broker, by the publisher's clock, in milliseconds. AMQP's own timestamp knows whole seconds only, and the event's
/// time is that of its cause: between the two lies the wait in the outbox.
/// </summary>
internal static class PublicationTime
{
    public const string Header = "x-back2code-published-at";

    /// <summary>The header's value.</summary>
    public static object Stamp(TimeProvider time) => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Null for a message of another publisher, or one whose header is nonsense.</summary>
    public static DateTimeOffset? Of(IReadOnlyBasicProperties properties) =>
        properties.Headers?.TryGetValue(Header, out object? value) == true && value is long milliseconds and > 0 and < 253_402_300_800_000
            ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
            : null;
}
