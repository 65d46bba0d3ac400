using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Hosting;

namespace Back2Code.Messaging;

/// <summary>Registers RabbitMQ, the outbox relay and consumers with a host.</summary>
public static class MessagingHostApplicationBuilderExtensions
{
    /// <summary>RabbitMQ.</summary>
    public static IHostApplicationBuilder AddRabbitMq(this IHostApplicationBuilder builder, Action<RabbitMqOptions>? configure = null) => throw new NotImplementedException();

    /// <summary>The relay.</summary>
    public static IHostApplicationBuilder AddOutboxRelay(this IHostApplicationBuilder builder, string schema, Action<OutboxRelayOptions>? configure = null) => throw new NotImplementedException();

    /// <summary>A consumer.</summary>
    public static IHostApplicationBuilder AddConsumer<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] THandler>(
        this IHostApplicationBuilder builder, Action<ConsumerOptions> configure)
        where THandler : class, IEventHandler => throw new NotImplementedException();
}
