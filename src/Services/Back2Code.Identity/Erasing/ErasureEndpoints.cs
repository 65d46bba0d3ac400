using Back2Code.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Back2Code.Identity.Erasing;

/// <summary>/v1/users/{id}/erasure, for operators. Users themselves have <see cref="ErasurePage"/>.</summary>
internal static class ErasureEndpoints
{
    public static RouteGroupBuilder MapErasures(this IEndpointRouteBuilder routes)
    {
        var erasure = routes.MapGroup("/users/{id:guid}/erasure").WithTags("Users")
            .ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status503ServiceUnavailable);

        erasure.MapPost("", Request).RequirePermission(Permissions.UsersWrite).WithName("EraseUser")
            .WithSummary("Erase all that is held about a user, for good; again asks those services again that have not answered");
        erasure.MapGet("", Read).RequirePermission(Permissions.UsersRead).WithName("ReadErasure")
            .WithSummary("The record of a user's erasure: which service has erased what, and when");
        return erasure;
    }

    private static async Task<Results<Accepted<ErasureView>, ProblemHttpResult>> Request(Guid id, CurrentUser actor, ErasureStore erasures, CancellationToken cancellationToken) =>
        await erasures.RequestAsync(id, actor.Id, cancellationToken) is { } erasure
            ? TypedResults.Accepted($"/v1/users/{id}/erasure", erasure)
            : IdentityProblems.UserNotFound(id);

    private static async Task<Results<Ok<ErasureView>, ProblemHttpResult>> Read(Guid id, ErasureStore erasures, CancellationToken cancellationToken) =>
        await erasures.FindAsync(id, cancellationToken) is { } erasure ? TypedResults.Ok(erasure) : IdentityProblems.ErasureNotFound(id);
}
