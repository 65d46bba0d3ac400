using Back2Code.Messaging;

namespace Back2Code.Identity.Erasing;

internal static class ErasureRegistration
{
    /// <summary>The services' answers to requests for erasure, and the watch over those that do not come.</summary>
    public static IHostApplicationBuilder AddErasures(this IHostApplicationBuilder builder)
    {
        builder.AddConsumer<ErasedEventHandler>(static consumer =>
        {
            consumer.Queue = ErasedEventHandler.Queue;
            consumer.BindingKeys = [ErasureEvents.Erased];
            consumer.Concurrency = 1;
        });
        builder.Services.AddSingleton<ErasureWatch>().AddHostedService(static provider => provider.GetRequiredService<ErasureWatch>());
        return builder;
    }
}
