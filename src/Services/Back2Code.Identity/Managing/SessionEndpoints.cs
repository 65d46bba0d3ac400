using Back2Code.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Back2Code.Identity;

/// <summary>/v1/sessions: where the caller is signed in. Whose a session is stands in each query, so somebody else's is not found.</summary>
internal static class SessionEndpoints
{
    public static RouteGroupBuilder MapSessions(this IEndpointRouteBuilder routes)
    {
        var sessions = routes.MapGroup("/sessions").WithTags("Sessions")
            .ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status503ServiceUnavailable);

        sessions.MapGet("", List).RequirePermission(Permissions.SessionsRead).WithName("ListSessions").WithSummary("List the caller's sessions, newest first");
        sessions.MapDelete("/{id:guid}", End).RequirePermission(Permissions.SessionsWrite).WithName("EndSession")
            .WithSummary("End a session of the caller, and what applications got through it").ProducesProblem(StatusCodes.Status404NotFound);
        return sessions;
    }

    private static async Task<Ok<IReadOnlyList<SessionView>>> List(CurrentUser user, SessionStore sessions, CancellationToken cancellationToken) =>
        TypedResults.Ok<IReadOnlyList<SessionView>>(
            Guid.TryParse(user.Id, out var id) ? [.. (await sessions.ListAsync(id, cancellationToken)).Select(SessionView.From)] : []);

    private static async Task<Results<NoContent, ProblemHttpResult>> End(Guid id, CurrentUser user, SessionStore sessions, CancellationToken cancellationToken) =>
        Guid.TryParse(user.Id, out var userId) && await sessions.EndAsync(userId, id, user.Id, cancellationToken)
            ? TypedResults.NoContent()
            : IdentityProblems.SessionNotFound(id);
}

/// <summary>A browser in which the caller is signed in.</summary>
/// <param name="Id">What ID tokens call it: sid.</param>
/// <param name="Agent">Browser and system, roughly; null when unknown.</param>
/// <param name="Address">Where it was begun; of an IPv6 address its network.</param>
public sealed record SessionView(Guid Id, string? Agent, string? Address, DateTimeOffset AuthenticatedAt, DateTimeOffset ExpiresAt)
{
    internal static SessionView From(ListedSession session) => new(session.Sid, session.Agent, session.Address, session.AuthenticatedAt, session.ExpiresAt);
}
