using Back2Code.Notifications.Listing;
using Back2Code.Notifications.Reading;

namespace Back2Code.Notifications;

internal static class NotificationEndpoints
{
    public static IServiceCollection AddNotifications(this IServiceCollection services) => services
        .AddSingleton<Database>()
        .AddSingleton<ListNotifications>()
        .AddSingleton<MarkRead>();

    public static RouteGroupBuilder MapNotifications(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder notifications = routes.MapGroup("/notifications")
            .WithTags("Notifications")
            .RequireAuthorization()
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);

        notifications.MapGet("/", ListNotifications.Handle)
            .WithName("ListNotifications")
            .WithSummary("List your notifications, newest first");
        notifications.MapPost("/{id:guid}/read", MarkRead.Handle)
            .WithName("MarkNotificationRead")
            .WithSummary("Mark a notification as read")
            .ProducesProblem(StatusCodes.Status404NotFound);
        return notifications;
    }
}
