using Back2Code.Resilience;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Back2Code.Monitoring;

internal static class MonitoringProblems
{
    // Public contract: clients branch on these ids. Add freely, never rename or reuse.
    public static ProblemHttpResult IncidentNotFound(Guid id) =>
        Problems.Create("incident-not-found", StatusCodes.Status404NotFound, $"There is no incident {id}.");

    public static ProblemHttpResult BadParameter(string detail) =>
        Problems.Create(ErrorTypes.BadRequest, StatusCodes.Status400BadRequest, detail);

    public static ProblemHttpResult BadNotification(string detail) =>
        Problems.Create("notification-malformed", StatusCodes.Status400BadRequest, detail);

    public static ProblemHttpResult NotificationTooLarge(int limitBytes) =>
        Problems.Create(ErrorTypes.BodyTooLarge, StatusCodes.Status413PayloadTooLarge, $"A notification may have {limitBytes} bytes; set max_alerts in Alertmanager.");

    public static ProblemHttpResult NotJson() =>
        Problems.Create(ErrorTypes.UnsupportedMediaType, StatusCodes.Status415UnsupportedMediaType, "A notification is application/json.");

    public static ProblemHttpResult WrongWebhookToken() =>
        Problems.Create(ErrorTypes.Unauthenticated, StatusCodes.Status401Unauthorized, "The webhook needs its bearer token.");

    public static ProblemHttpResult CannotRecord() =>
        Problems.Create("notification-not-recorded", StatusCodes.Status503ServiceUnavailable, "The notification could not be recorded; send it again.");
}
