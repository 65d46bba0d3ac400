using Back2Code.Audit;
using Back2Code.Messaging;
using Microsoft.Extensions.Options;

namespace Back2Code.Identity.Audit;

internal static class AuditRegistration
{
    /// <summary>The audit trail: what other services record, this service's own denials, checkpoints, and what the endpoints need.</summary>
    public static IHostApplicationBuilder AddAuditTrail(this IHostApplicationBuilder builder)
    {
        builder.AddAudit(AuditTrail.Source);
        builder.AddConsumer<AuditEventHandler>(static consumer =>
        {
            consumer.Queue = "identity.audit";
            consumer.BindingKeys = [AuditEvents.Recorded];

            // Appends wait for each other anyway; more at once would only hold connections.
            consumer.Concurrency = 1;
        });
        builder.Services.AddOptions<AuditOptions>()
            .Bind(builder.Configuration.GetSection("Audit"))
            .ValidateDataAnnotations()
            .Validate(static o => string.IsNullOrWhiteSpace(o.SigningKey) || string.IsNullOrWhiteSpace(o.SigningKeyPath), "Audit: at most one of SigningKey and SigningKeyPath may be set.")
            .ValidateOnStart();
        builder.Services.AddAuditReading()
            .AddHostedService(static provider => provider.GetRequiredService<CheckpointWriter>())
            .AddHostedService(static provider => provider.GetRequiredService<AuditWatch>());
        return builder;
    }

    internal static IServiceCollection AddAuditReading(this IServiceCollection services) => services
        .AddSingleton<AuditReader>()
        .AddSingleton(static provider => new CheckpointKeys(provider.GetRequiredService<IOptions<AuditOptions>>().Value))
        .AddSingleton<CheckpointWriter>()
        .AddSingleton<AuditWatch>();
}
