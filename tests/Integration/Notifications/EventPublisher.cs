using System.Text;
using System.Text.Json;
using Back2Code.IntegrationTests.Servers;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Back2Code.IntegrationTests.Notifications;

/// <summary>A client of the broker that is not ours: sends what a publisher might send, good or bad, and looks into queues.</summary>
internal sealed class EventPublisher : IAsyncDisposable
{
    private readonly IConnection _connection;
    private readonly IChannel _channel;

    private EventPublisher(IConnection connection, IChannel channel) => (_connection, _channel) = (connection, channel);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Connects and waits for the inbox's queue: what is published before there is one goes nowhere.</summary>
    public static async Task<EventPublisher> ConnectAsync(RabbitMqServer server)
    {
        var connection = await new ConnectionFactory { Uri = new Uri(server.ConnectionString) }.CreateConnectionAsync(Cancellation);
        await Eventually.IsTrueAsync(() => IsConsumedAsync(connection, "notifications.notes"), TimeSpan.FromSeconds(20), "notifications consumes its queue");
        return new EventPublisher(connection, await connection.CreateChannelAsync(cancellationToken: Cancellation));
    }

    /// <summary>A note event in CloudEvents' structured mode, which every consumer of CloudEvents must accept.</summary>
    public Task PublishNoteEventAsync(string eventId, string type, Guid noteId, string ownerId, long version) =>
        PublishAsync(type, JsonSerializer.Serialize(new
        {
            specversion = "1.0",
            id = eventId,
            source = "/services/notes",
            type,
            subject = noteId,
            time = "2026-11-20T12:00:00Z",
            datacontenttype = "application/json",
            data = new { noteId, ownerId, version },
        }));

    public async Task PublishAsync(string routingKey, string body) =>
        await _channel.BasicPublishAsync(
            "back2code.events", routingKey, mandatory: true,
            new BasicProperties { ContentType = "application/cloudevents+json", DeliveryMode = DeliveryModes.Persistent },
            Encoding.UTF8.GetBytes(body), Cancellation);

    /// <summary>Takes one message out of a queue; null when it is empty.</summary>
    public async Task<(string Body, string? Reason)?> TakeAsync(string queue)
    {
        if (await _channel.BasicGetAsync(queue, autoAck: true, Cancellation) is not { } message)
        {
            return null;
        }

        object? reason = null;
        message.BasicProperties.Headers?.TryGetValue("x-back2code-reason", out reason);
        return (Encoding.UTF8.GetString(message.Body.Span), reason is byte[] text ? Encoding.UTF8.GetString(text) : null);
    }

    /// <summary>Asking for a queue that does not exist closes the channel, so each question has its own.</summary>
    private static async Task<bool> IsConsumedAsync(IConnection connection, string queue)
    {
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Cancellation);
        try
        {
            return await channel.ConsumerCountAsync(queue, Cancellation) > 0;
        }
        catch (OperationInterruptedException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _channel.DisposeAsync();
        await _connection.DisposeAsync();
    }
}
