using Back2Code.Authentication;
using Back2Code.Notifications.Exporting;
using Back2Code.Notifications.Listing;
using Back2Code.Notifications.Reading;
using Back2Code.Notifications.Retention;

namespace Back2Code.Notifications;

internal static class NotificationEndpoints
{
    public static IServiceCollection AddNotifications(this IServiceCollection services) => services
        .AddSingleton<ListNotifications>()
        .AddSingleton<MarkRead>()
        .AddSingleton<ExportNotifications>()
        .AddSingleton<RetentionSweep>()
        .AddHostedService(static provider => provider.GetRequiredService<RetentionSweep>());

    public static RouteGroupBuilder MapNotifications(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder notifications = routes.MapGroup("/notifications")
            .WithTags("Notifications")
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);

        notifications.MapGet("", ListNotifications.Handle)
            .WithName("ListNotifications")
            .RequirePermission(Permissions.NotificationsRead)
            .WithSummary("List your notifications, newest first");
        notifications.MapPost("/{id:guid}/read", MarkRead.Handle)
            .WithName("MarkNotificationRead")
            .RequirePermission(Permissions.NotificationsWrite)
            .WithSummary("Mark a notification as read")
            .ProducesProblem(StatusCodes.Status404NotFound);
        notifications.MapGet("/export", ExportNotifications.HandleOwn)
            .WithName("ExportNotifications")
            .RequirePermission(Permissions.NotificationsRead)
            .WithSummary("All that is held about you here, in one document");
        notifications.MapGet("/export/{userId:guid}", ExportNotifications.HandleUser)
            .WithName("ExportNotificationsOfUser")
            .RequirePermission(Permissions.UsersExport)
            .WithSummary("All that is held about a user here, in one document");
        return notifications;
    }
}
