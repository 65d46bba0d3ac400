using Back2Code.Monitoring.Budgets;
using Back2Code.Monitoring.Health;
using Back2Code.Monitoring.Incidents;
using Microsoft.Extensions.Options;

namespace Back2Code.Monitoring.StatusPage;

internal static class StatusPageEndpoints
{
    private const int MaximumIncidents = 20;

    /// <summary>
    /// The page for people, <c>/status</c>. Open to anybody who reaches the gateway, because a browser brings no token: it names services, checks and figures,
    /// but no address and no error text of a library. <c>Monitoring:Health:StatusPage=false</c> turns it off.
    /// </summary>
    public static IEndpointRouteBuilder MapStatusPage(this IEndpointRouteBuilder routes)
    {
        if (routes.ServiceProvider.GetRequiredService<IOptions<HealthOptions>>().Value.StatusPage)
        {
            routes.MapGet("/status", ShowAsync).WithName("ShowStatus").WithSummary("Show how the platform stands, for people").AllowAnonymous().ExcludeFromDescription();
        }

        return routes;
    }

    private static async Task<IResult> ShowAsync(HealthBoard board, BudgetDesk budgets, IncidentDesk incidents, TimeProvider time, HttpContext context, CancellationToken cancellationToken)
    {
        BudgetAnswer answer = await budgets.ReadAsync(cancellationToken);
        var active = incidents.Book.All.Where(i => i.IsActive).Take(MaximumIncidents).ToList();
        string page = StatusDocument.Render(new StatusFacts(time.GetUtcNow(), board.All, answer, active));

        IHeaderDictionary headers = context.Response.Headers;
        headers.CacheControl = "no-store";
        headers.ContentSecurityPolicy = $"default-src 'none'; style-src {StatusStyle.Hash}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        return TypedResults.Content(page, "text/html; charset=utf-8");
    }
}
