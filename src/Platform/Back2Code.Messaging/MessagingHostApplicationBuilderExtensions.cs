using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using Back2Code.Data;
using Back2Code.Resilience;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Back2Code.Messaging;

/// <summary>Registers RabbitMQ, the outbox relay and consumers with a host. The broker need not be up when the host starts.</summary>
public static class MessagingHostApplicationBuilderExtensions
{
    /// <summary>RabbitMQ: one connection for the process, made in the background, and the probe <c>rabbitmq</c>.</summary>
    /// <param name="builder">The host; <c>ConnectionStrings:RabbitMQ</c> and <c>Service:Instance</c> are read from its configuration.</param>
    /// <param name="configure">Departures from the defaults.</param>
    public static IHostApplicationBuilder AddRabbitMq(this IHostApplicationBuilder builder, Action<RabbitMqOptions>? configure = null)
    {
        var services = builder.Services;
        string clientName = builder.Configuration["Service:Instance"] ?? builder.Environment.ApplicationName;
        services.AddOptions<RabbitMqOptions>()
            .Configure(options =>
            {
                options.ConnectionString = builder.Configuration.GetConnectionString("RabbitMQ");
                configure?.Invoke(options);
            })
            .ValidateDataAnnotations()
            .Validate(static o => Uri.TryCreate(o.ConnectionString, UriKind.Absolute, out var uri) && uri.Scheme is "amqp" or "amqps", "ConnectionStrings:RabbitMQ must be amqp://user:password@host:port/vhost.")
            .ValidateOnStart();
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => new RabbitMqConnection(
            provider.GetRequiredService<IOptions<RabbitMqOptions>>(), provider.GetRequiredService<IConfiguration>(), clientName, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<RabbitMqConnection>>()));
        services.AddHostedService(static provider => provider.GetRequiredService<RabbitMqConnection>());
        services.AddSingleton<IDependencyProbe, RabbitMqProbe>();
        return builder;
    }

    /// <summary>
    /// Carries the events that <see cref="Outbox"/> leaves to RabbitMQ. Needs <see cref="AddRabbitMq"/> and
    /// <see cref="DataHostApplicationBuilderExtensions.AddPostgres"/>. Every replica may run one: they share the work.
    /// </summary>
    /// <param name="builder">The host.</param>
    /// <param name="schema">The schema given to <c>AddPostgres</c>.</param>
    /// <param name="configure">Departures from the defaults.</param>
    public static IHostApplicationBuilder AddOutboxRelay(this IHostApplicationBuilder builder, string schema, Action<OutboxRelayOptions>? configure = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(schema);
        var services = builder.Services;
        var options = services.AddOptions<OutboxRelayOptions>().ValidateDataAnnotations().ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.AddHostedService(provider => new OutboxRelay(
            schema,
            provider.GetRequiredKeyedService<NpgsqlDataSource>(PostgresPools.Background),
            provider.GetRequiredService<PostgresMigrator>(),
            provider.GetRequiredService<RabbitMqConnection>(),
            provider.GetRequiredService<IOptions<OutboxRelayOptions>>().Value,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<IMeterFactory>(),
            provider.GetRequiredService<ILogger<OutboxRelay>>(),
            provider.GetService<ClientChaos>()));
        return builder;
    }

    /// <summary>
    /// Consumes a queue with a handler. Needs <see cref="AddRabbitMq"/> and <see cref="DataHostApplicationBuilderExtensions.AddPostgres"/>.
    /// May be called for several queues. Replicas share a queue's messages.
    /// </summary>
    /// <typeparam name="THandler">Made for each event in a scope of its own.</typeparam>
    /// <param name="builder">The host.</param>
    /// <param name="configure">Queue, binding keys, and departures from the defaults.</param>
    public static IHostApplicationBuilder AddConsumer<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] THandler>(
        this IHostApplicationBuilder builder, Action<ConsumerOptions> configure)
        where THandler : class, IEventHandler
    {
        ArgumentNullException.ThrowIfNull(configure);
        var services = builder.Services;

        // Each consumer has options of its own, named after its queue, which therefore must be known now.
        var sample = new ConsumerOptions();
        configure(sample);
        string name = sample.Queue;
        services.AddOptions<ConsumerOptions>(name)
            .Configure(configure)
            .ValidateDataAnnotations()
            .Validate(static o => o.RetryDelays.All(static delay => delay > TimeSpan.Zero && delay <= TimeSpan.FromDays(1)), $"Consumer {name}: every retry delay must be above zero and at most a day.")
            .Validate(static o => o.BindingKeys.All(static key => key.Length is > 0 and <= 255), $"Consumer {name}: every binding key must have 1 to 255 characters.")
            .ValidateOnStart();
        services.TryAddScoped<THandler>();
        services.AddSingleton<IHostedService>(provider => CreateConsumer<THandler>(provider, name));
        services.AddSingleton<IHostedService>(provider => new InboxCleaner(
            provider.GetRequiredKeyedService<NpgsqlDataSource>(PostgresPools.Background),
            provider.GetRequiredService<PostgresMigrator>(),
            provider.GetRequiredService<IOptionsMonitor<ConsumerOptions>>().Get(name),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<InboxCleaner>>()));
        return builder;
    }

    private static EventConsumer CreateConsumer<THandler>(IServiceProvider provider, string name)
        where THandler : class, IEventHandler
    {
        var options = provider.GetRequiredService<IOptionsMonitor<ConsumerOptions>>().Get(name);
        var time = provider.GetRequiredService<TimeProvider>();
        var metrics = new ConsumerMetrics(provider.GetRequiredService<IMeterFactory>(), options.Queue, time);
        var logger = provider.GetRequiredService<ILogger<EventConsumer>>();
        var processor = new EventProcessor(
            provider.GetRequiredKeyedService<NpgsqlDataSource>(PostgresPools.Background),
            provider.GetRequiredService<IServiceScopeFactory>(),
            static scope => scope.GetRequiredService<THandler>(),
            options,
            metrics,
            time,
            logger);
        return new EventConsumer(
            provider.GetRequiredService<RabbitMqConnection>(), provider.GetRequiredService<PostgresMigrator>(), processor, options, metrics, time, logger);
    }
}
