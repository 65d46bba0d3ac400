using Back2Code.Resilience;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Back2Code.Monitoring.Incidents;

internal static class IncidentEndpoints
{
    private const int MaximumLimit = 100;

    public static RouteGroupBuilder MapIncidents(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder incidents = routes.MapGroup("/incidents").WithTags("Incidents").RequireAuthorization();

        incidents.MapGet("/", ListIncidents).WithName("ListIncidents").WithSummary("List incidents, newest first");
        incidents.MapGet("/{id:guid}", GetIncident).WithName("GetIncident").WithSummary("Read one incident with its alerts and time line");
        return incidents;
    }

    private static async Task<Results<Ok<IncidentPage>, ProblemHttpResult>> ListIncidents(
        string? state, int? limit, string? cursor, IncidentDesk desk, IncidentReader reader, HttpContext context, CancellationToken cancellationToken)
    {
        if (state is not (null or "open" or "resolved"))
        {
            return MonitoringProblems.BadParameter($"state is '{state}'; allowed: open, resolved, or none for all.");
        }

        if (limit is < 1 or > MaximumLimit)
        {
            return MonitoringProblems.BadParameter($"limit is {limit}; allowed: 1 to {MaximumLimit}.");
        }

        IncidentCursor? after = null;
        if (cursor is not null && !IncidentCursor.TryParse(cursor, out after))
        {
            return MonitoringProblems.BadParameter("cursor is not one that this service gave out; begin again without it.");
        }

        IncidentState? wanted = state switch { "open" => IncidentState.Open, "resolved" => IncidentState.Resolved, _ => null };
        IncidentPage page = await reader.ListAsync(desk.Book.All, wanted, after, limit ?? 20, cancellationToken);
        if (page.Next is { } next)
        {
            // RFC 8288
            string filter = state is null ? "" : $"&state={state}";
            context.Response.Headers.Link = $"<{context.Request.Path}?limit={limit ?? 20}{filter}&cursor={next}>; rel=\"next\"";
        }

        return TypedResults.Ok(page);
    }

    private static async Task<Results<Ok<IncidentView>, ProblemHttpResult>> GetIncident(
        Guid id, IncidentDesk desk, IncidentReader reader, CancellationToken cancellationToken) =>
        (desk.Book.Find(id) ?? await reader.FindAsync(id, cancellationToken)) is { } incident
            ? TypedResults.Ok(IncidentView.From(incident))
            : MonitoringProblems.IncidentNotFound(id);
}
