using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;

namespace Back2Code.Monitoring.Alerts;

internal static class WebhookEndpoints
{
    public static IEndpointRouteBuilder MapWebhook(this IEndpointRouteBuilder routes)
    {
        int bodyLimitBytes = routes.ServiceProvider.GetRequiredService<IOptions<MonitoringOptions>>().Value.WebhookBodyLimitBytes;

        // Anonymous for the framework: Alertmanager cannot renew a JWT. It has a bearer token of its own, which the webhook checks.
        routes.MapPost("/alerts/webhook", (Webhook webhook, HttpContext context, CancellationToken cancellationToken) => webhook.ReceiveAsync(context, cancellationToken))
            .WithName("ReceiveNotification").WithTags("Alerts").WithSummary("Take a notification from Alertmanager")
            .WithMetadata(new RequestSizeLimitAttribute(bodyLimitBytes))
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable)
            .AllowAnonymous();
        return routes;
    }
}
