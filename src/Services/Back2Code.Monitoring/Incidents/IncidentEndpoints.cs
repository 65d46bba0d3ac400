using Back2Code.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Back2Code.Monitoring.Incidents;

internal static class IncidentEndpoints
{
    private const int MaximumLimit = 100;

    public static RouteGroupBuilder MapIncidents(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder incidents = routes.MapGroup("/incidents").WithTags("Incidents")
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);

        RouteGroupBuilder reading = incidents.MapGroup("").RequirePermission(Permissions.IncidentsRead);
        reading.MapGet("/", ListIncidents).WithName("ListIncidents").WithSummary("List incidents, newest first");
        reading.MapGet("/{id:guid}", GetIncident).WithName("GetIncident").WithSummary("Read one incident with its alerts and time line");
        reading.MapGet("/{id:guid}/postmortem", GetPostmortem).WithName("GetPostmortem").WithSummary("The postmortem in Markdown: evidence filled in, the rest as questions");
        incidents.MapIncidentWork();
        return incidents;
    }

    private static async Task<Results<Ok<IncidentPage>, ProblemHttpResult>> ListIncidents(
        string? state, int? limit, string? cursor, IncidentDesk desk, IncidentReader reader, HttpContext context, CancellationToken cancellationToken)
    {
        if (StatesOf(state) is not { } states)
        {
            return MonitoringProblems.BadParameter($"state is '{state}'; allowed: open, acknowledged, mitigated, resolved, reviewed, active (the first three), or none for all.");
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

        IncidentPage page = await reader.ListAsync(desk.Book.All, states, after, limit ?? 20, cancellationToken);
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

    private static async Task<Results<ContentHttpResult, ProblemHttpResult>> GetPostmortem(
        Guid id, IncidentDesk desk, IncidentReader reader, CancellationToken cancellationToken) =>
        (desk.Book.Find(id) ?? await reader.FindAsync(id, cancellationToken)) is { } incident
            ? TypedResults.Text(Postmortem.Write(incident), "text/markdown; charset=utf-8")
            : MonitoringProblems.IncidentNotFound(id);

    private static IncidentState[]? StatesOf(string? text) => text switch
    {
        null => Enum.GetValues<IncidentState>(),
        "active" => [IncidentState.Open, IncidentState.Acknowledged, IncidentState.Mitigated],
        _ when IncidentChanges.TryParse(text, out IncidentState state) => [state],
        _ => null,
    };
}
