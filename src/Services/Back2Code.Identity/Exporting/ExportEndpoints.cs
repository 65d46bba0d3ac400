using Back2Code.Authentication;
using Back2Code.Identity.Erasing;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Back2Code.Identity.Exporting;

/// <summary>/v1/users/{id}/export, for operators. Users themselves have <see cref="ExportPage"/>.</summary>
internal static class ExportEndpoints
{
    public static RouteHandlerBuilder MapExport(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/users/{id:guid}/export", Export).WithTags("Users").RequirePermission(Permissions.UsersExport).WithName("ExportUser")
            .WithSummary("All that this service holds about a user; Link names what the other services have")
            .ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status503ServiceUnavailable);

    private static async Task<Results<Ok<UserExport>, ProblemHttpResult>> Export(
        Guid id, HttpResponse response, CurrentUser actor, UserExporter exporter, CancellationToken cancellationToken)
    {
        if (await exporter.ExportAsync(id, actor.Id, isOwn: false, cancellationToken) is not { } export)
        {
            return IdentityProblems.UserNotFound(id);
        }

        // RFC 8288: who reads the document as a stream knows before its first byte where the rest is.
        response.Headers.Link = export.Elsewhere.OrderBy(static part => part.Key, StringComparer.Ordinal).Select(static part => $"<{part.Value}>; rel=\"related\"; title=\"{part.Key}\"").ToArray();
        NoStore.Apply(response);
        return TypedResults.Ok(export);
    }
}
