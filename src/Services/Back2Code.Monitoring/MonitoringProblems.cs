using Back2Code.Resilience;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Back2Code.Monitoring;

internal static class MonitoringProblems
{
    // Public contract: clients branch on these ids. Add freely, never rename or reuse.
    public static ProblemHttpResult IncidentNotFound(Guid id) =>
        Problems.Create("incident-not-found", StatusCodes.Status404NotFound, $"There is no incident {id}.");

    public static ProblemHttpResult IncidentConflict(Guid id, string reason) =>
        Problems.Create("incident-state-conflict", StatusCodes.Status409Conflict, $"Incident {id} was not changed: {reason}.");

    public static ProblemHttpResult IncidentAlreadyOpen(Guid id) =>
        Problems.Create("incident-already-open", StatusCodes.Status409Conflict, $"Incident {id} is open already; one outage is one incident. Add a note to it, or resolve it first.");

    public static ProblemHttpResult ActionNotFound(Guid id, int number) =>
        Problems.Create("action-not-found", StatusCodes.Status404NotFound, $"Incident {id} has no action {number}.");

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
        Problems.Create("notification-not-recorded", StatusCodes.Status503ServiceUnavailable, "It could not be recorded; send it again.");

    public static ProblemHttpResult SloNotFound(string name) =>
        Problems.Create("slo-not-found", StatusCodes.Status404NotFound, $"There is no SLO named '{(name.Length <= 63 ? name : name[..63] + "…")}'.");

    public static ProblemHttpResult BudgetsUnavailable(string reason) =>
        Problems.Create("budgets-unavailable", StatusCodes.Status503ServiceUnavailable, $"Error budgets cannot be told, and the last known figures are too old: {reason}.");
}
