using System.Globalization;
using System.Text;
using Back2Code.Authentication;
using Back2Code.Monitoring.Incidents;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Back2Code.Monitoring.Alerts;

internal static class AlertEndpoints
{
    private const int MaximumLimit = 500;

    public static IEndpointRouteBuilder MapAlerts(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/alerts", ListAlerts).WithName("ListAlerts").WithTags("Alerts").RequirePermission(Permissions.AlertsRead)
            .WithSummary("List alerts, firing and ended, newest first")
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status401Unauthorized);
        return routes;
    }

    private static async Task<Results<Ok<AlertPage>, ProblemHttpResult>> ListAlerts(
        [AsParameters] AlertQuery query, IncidentDesk desk, AlertHistory history, HttpContext context, CancellationToken cancellationToken)
    {
        if (query.State is not (null or "firing" or "resolved"))
        {
            return MonitoringProblems.BadParameter($"state is '{query.State}'; allowed: firing, resolved, or none for both.");
        }

        Severity? severity = null;
        if (query.Severity is { } text)
        {
            if (!IncidentChanges.TryParse(text, out Severity parsed))
            {
                return MonitoringProblems.BadParameter($"severity is '{text}'; allowed: info, warning, error, critical.");
            }

            severity = parsed;
        }

        if (query.Limit is < 1 or > MaximumLimit)
        {
            return MonitoringProblems.BadParameter($"limit is {query.Limit}; allowed: 1 to {MaximumLimit}.");
        }

        if (query.From >= query.To)
        {
            return MonitoringProblems.BadParameter("from must lie before to.");
        }

        AlertCursor? after = null;
        if (query.Cursor is not null && !AlertCursor.TryParse(query.Cursor, out after))
        {
            return MonitoringProblems.BadParameter("cursor is not one that this service gave out; begin again without it.");
        }

        // No rule has such a name, and PostgreSQL refuses a zero character.
        if (new[] { query.Name, query.Service }.Any(t => t is not null && (t.Length > 128 || t.Any(char.IsControl))))
        {
            return MonitoringProblems.BadParameter("name and service have at most 128 characters, none of them a control character.");
        }

        var filter = new AlertFilter(query.State is { } state ? state == "firing" : null, severity, query.Name, query.Service, query.From?.ToUniversalTime(), query.To?.ToUniversalTime());
        AlertPage page = await history.ListAsync(desk, filter, after, query.Limit ?? 50, cancellationToken);
        if (page.Next is { } next)
        {
            // RFC 8288
            context.Response.Headers.Link = $"<{context.Request.Path}{Repeat(context.Request.Query, next)}>; rel=\"next\"";
        }

        return TypedResults.Ok(page);
    }

    private static string Repeat(IQueryCollection query, string cursor)
    {
        var text = new StringBuilder("?");
        foreach (string key in new[] { "state", "severity", "name", "service", "from", "to", "limit" })
        {
            if (query.TryGetValue(key, out var value))
            {
                text.Append(CultureInfo.InvariantCulture, $"{key}={Uri.EscapeDataString(value.ToString())}&");
            }
        }

        return text.Append("cursor=").Append(cursor).ToString();
    }

    internal sealed record AlertQuery(string? State, string? Severity, string? Name, string? Service, DateTimeOffset? From, DateTimeOffset? To, int? Limit, string? Cursor);
}
