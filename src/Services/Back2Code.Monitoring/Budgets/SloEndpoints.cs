using Back2Code.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Back2Code.Monitoring.Budgets;

internal static class SloEndpoints
{
    public static RouteGroupBuilder MapSlos(this IEndpointRouteBuilder routes)
    {
        // Read now: a wrong file must stop the start, not the first reader.
        _ = routes.ServiceProvider.GetRequiredService<SloSet>();

        RouteGroupBuilder slos = routes.MapGroup("/slos").WithTags("SLOs").RequirePermission(Permissions.SlosRead)
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);

        slos.MapGet("/", ListSlos).WithName("ListSlos").WithSummary("List all objectives and how their budgets stand");
        slos.MapGet("/{name}", GetSlo).WithName("GetSlo").WithSummary("Read one objective and how its budget stands");
        slos.MapGet("/{name}/budget", GetBudget).WithName("GetBudget").WithSummary("Read one error budget: events, burn rates, time to exhaustion, coverage");
        return slos;
    }

    private static async Task<Results<Ok<SloList>, ProblemHttpResult>> ListSlos(BudgetDesk desk, HttpContext context, CancellationToken cancellationToken)
    {
        BudgetAnswer answer = await desk.ReadAsync(cancellationToken);
        if (!answer.Available)
        {
            return Unavailable(answer, context);
        }

        List<SloView> items = [.. answer.Budgets.Select(b => SloView.From(b, desk.DescriptionOf(b.Name)))];
        bool stale = items.Exists(i => i.Stale);
        return TypedResults.Ok(new SloList(items, stale, stale ? Note(answer) : null));
    }

    private static async Task<Results<Ok<SloView>, ProblemHttpResult>> GetSlo(string name, BudgetDesk desk, HttpContext context, CancellationToken cancellationToken)
    {
        if (!desk.Has(name))
        {
            return MonitoringProblems.SloNotFound(name);
        }

        BudgetAnswer answer = await desk.ReadAsync(cancellationToken);
        return answer.Find(name) is { } budget ? TypedResults.Ok(SloView.From(budget, desk.DescriptionOf(name))) : Unavailable(answer, context);
    }

    private static async Task<Results<Ok<BudgetView>, ProblemHttpResult>> GetBudget(string name, BudgetDesk desk, HttpContext context, CancellationToken cancellationToken)
    {
        if (!desk.Has(name))
        {
            return MonitoringProblems.SloNotFound(name);
        }

        BudgetAnswer answer = await desk.ReadAsync(cancellationToken);
        return answer.Find(name) is { } budget ? TypedResults.Ok(budget) : Unavailable(answer, context);
    }

    private static string Note(BudgetAnswer answer) =>
        answer.Failure is { } failure ? $"Last known figures: {failure}." : "Prometheus answers, but its rules have recorded nothing lately.";

    private static ProblemHttpResult Unavailable(BudgetAnswer answer, HttpContext context)
    {
        context.Response.Headers.RetryAfter = "5";
        return MonitoringProblems.BudgetsUnavailable(answer.Failure ?? "nothing is known");
    }
}
