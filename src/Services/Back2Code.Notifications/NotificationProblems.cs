using Back2Code.Resilience;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Back2Code.Notifications;

internal static class NotificationProblems
{
    // Public contract: clients branch on these ids. Add freely, never rename or reuse.
    public static ProblemHttpResult NotificationNotFound(Guid id) =>
        Problems.Create("notification-not-found", StatusCodes.Status404NotFound, $"No notification {id} is visible to you.");

    public static ProblemHttpResult CursorInvalid() =>
        Problems.Create("cursor-invalid", StatusCodes.Status400BadRequest,
            "The cursor is not one that this list has given out. Start again without one.");
}
