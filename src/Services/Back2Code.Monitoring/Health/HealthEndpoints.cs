using Back2Code.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace Back2Code.Monitoring.Health;

internal static class HealthEndpoints
{
    public static IEndpointRouteBuilder MapPlatformHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health", GetHealth).WithName("GetHealth").WithTags("Health").WithSummary("Read what every health check found last")
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable)
            .RequirePermission(Permissions.HealthRead);
        return routes;
    }

    // 200 whatever the checks say: the answer itself succeeded. Load balancers ask /health/ready, which is about this process.
    private static Ok<HealthView> GetHealth(HealthBoard board, IOptions<MonitoringOptions> options) => TypedResults.Ok(HealthView.From(board, options.Value.HealthInterval));
}
