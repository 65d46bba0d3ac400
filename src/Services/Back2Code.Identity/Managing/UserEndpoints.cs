using System.ComponentModel.DataAnnotations;
using Back2Code.Authentication;
using Back2Code.Data;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Back2Code.Identity;

/// <summary>/v1/users, for operators.</summary>
internal static class UserEndpoints
{
    private const int DefaultLimit = 50;
    private const int LargestLimit = 200;

    public static RouteGroupBuilder MapUsers(this IEndpointRouteBuilder routes)
    {
        var users = routes.MapGroup("/users").WithTags("Users")
            .ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status503ServiceUnavailable);

        users.MapGet("", List).RequirePermission(Permissions.UsersRead).WithName("ListUsers").WithSummary("List users, newest first");
        users.MapPost("", Create).RequirePermission(Permissions.UsersWrite).WithName("CreateUser").WithSummary("Create a user")
            .ProducesProblem(StatusCodes.Status409Conflict);
        users.MapPut("/{id:guid}/role", ChangeRole).RequirePermission(Permissions.UsersWrite).WithName("ChangeUserRole").WithSummary("Give a user another role")
            .ProducesProblem(StatusCodes.Status404NotFound);
        users.MapPost("/{id:guid}/disable", Disable).RequirePermission(Permissions.UsersWrite).WithName("DisableUser")
            .WithSummary("Disable a user and end all that the user has open").ProducesProblem(StatusCodes.Status404NotFound);
        users.MapPost("/{id:guid}/enable", Enable).RequirePermission(Permissions.UsersWrite).WithName("EnableUser").WithSummary("Enable a user again")
            .ProducesProblem(StatusCodes.Status404NotFound);
        users.MapDelete("/{id:guid}/sessions", EndSessions).RequirePermission(Permissions.UsersWrite).WithName("EndUserSessions")
            .WithSummary("End all that a user has open: sessions and refresh tokens").ProducesProblem(StatusCodes.Status404NotFound);
        users.MapDelete("/{id:guid}/second-factor", RemoveSecondFactor).RequirePermission(Permissions.UsersWrite).WithName("RemoveUserSecondFactor")
            .WithSummary("Let a user who has lost the second factor sign in with the password alone").ProducesProblem(StatusCodes.Status404NotFound);
        return users;
    }

    private static async Task<Results<Ok<UserPage>, ValidationProblem, ProblemHttpResult>> List(
        HttpResponse response, UserStore users, CancellationToken cancellationToken, [Range(1, LargestLimit)] int limit = DefaultLimit, string? cursor = null,
        [RegularExpression(UserName.AnyPattern)] string? name = null)
    {
        if (name is not null)
        {
            var named = await users.FindAsync(name, cancellationToken);
            return TypedResults.Ok(new UserPage(named is null ? [] : [UserView.From(named)], null));
        }

        Guid before = Guid.AllBitsSet;
        if (cursor is not null && !PageCursor.TryDecode(cursor, out before))
        {
            return IdentityProblems.CursorInvalid();
        }

        // One more than asked for tells whether there is a next page.
        var found = await users.ListAsync(before, limit + 1, cancellationToken);
        string? next = found.Count > limit ? PageCursor.Encode(found[limit - 1].Id) : null;
        if (next is not null)
        {
            response.Headers.Link = $"</v1/users?limit={limit}&cursor={next}>; rel=\"next\"";
        }

        return TypedResults.Ok(new UserPage([.. found.Take(limit).Select(UserView.From)], next));
    }

    private static async Task<Results<Created<UserView>, ValidationProblem, ProblemHttpResult>> Create(
        CreateUserRequest request, CurrentUser actor, UserStore users, Passwords passwords, CancellationToken cancellationToken)
    {
        string? hash = request.Password is null ? null : await passwords.HashAsync(request.Password, actor.Id, cancellationToken);
        return await users.AddAsync(request.Name, request.Role, hash, request.Email, actor.Id, cancellationToken) switch
        {
            AddUserOutcome.Added added => TypedResults.Created($"/v1/users/{added.User.Id}", UserView.From(added.User)),
            AddUserOutcome.EmailTaken => IdentityProblems.EmailTaken(),
            _ => IdentityProblems.UserNameTaken(),
        };
    }

    private static async Task<Results<Ok<UserView>, ValidationProblem, ProblemHttpResult>> ChangeRole(
        Guid id, ChangeRoleRequest request, CurrentUser actor, UserStore users, CancellationToken cancellationToken) =>
        Answer(id, await users.ChangeRoleAsync(id, request.Role, actor.Id, cancellationToken));

    private static async Task<Results<Ok<UserView>, ValidationProblem, ProblemHttpResult>> Disable(
        Guid id, CurrentUser actor, UserStore users, CancellationToken cancellationToken) =>
        Answer(id, await users.DisableAsync(id, actor.Id, cancellationToken));

    private static async Task<Results<Ok<UserView>, ValidationProblem, ProblemHttpResult>> Enable(
        Guid id, CurrentUser actor, UserStore users, CancellationToken cancellationToken) =>
        Answer(id, await users.EnableAsync(id, actor.Id, cancellationToken));

    private static async Task<Results<NoContent, ProblemHttpResult>> EndSessions(
        Guid id, CurrentUser actor, UserStore users, SessionStore sessions, CancellationToken cancellationToken)
    {
        if (await users.FindAsync(id, cancellationToken) is null)
        {
            return IdentityProblems.UserNotFound(id);
        }

        await sessions.EndAllAsync(id, except: null, actor.Id, cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> RemoveSecondFactor(
        Guid id, CurrentUser actor, SecondFactorStore secondFactors, CancellationToken cancellationToken) =>
        await secondFactors.RemoveAsync(id, actor.Id, cancellationToken) ? TypedResults.NoContent() : IdentityProblems.SecondFactorMissing(id);

    private static Results<Ok<UserView>, ValidationProblem, ProblemHttpResult> Answer(Guid id, User? user) =>
        user is null ? IdentityProblems.UserNotFound(id) : TypedResults.Ok(UserView.From(user));
}

// Public because AddValidation() skips internal types without a word.

/// <summary>A new user.</summary>
/// <param name="Name">Small letters, digits, dot, underscore and hyphen; 1 to 63 characters.</param>
/// <param name="Role">viewer, analyst, operator or admin.</param>
/// <param name="Password">12 to 256 characters. Without one the user cannot sign in, unless by the link of the invitation.</param>
/// <param name="Email">Where an invitation goes, and later every link to reset the password. Nobody else's.</param>
public sealed record CreateUserRequest(
    [Required, RegularExpression(UserName.Pattern)] string Name,
    [Required, RegularExpression(RoleName.Pattern)] string Role,
    [StringLength(Passwords.Longest, MinimumLength = Passwords.Shortest)] string? Password = null,
    [StringLength(EmailAddress.Longest), RegularExpression(EmailAddress.Pattern)] string? Email = null);

/// <summary>Another role.</summary>
public sealed record ChangeRoleRequest([Required, RegularExpression(RoleName.Pattern)] string Role);

internal static class RoleName
{
    public const string Pattern = "^(viewer|analyst|operator|admin)$";
}

/// <summary>A user as operators see them.</summary>
/// <param name="HasPassword">Whether the user can sign in with one.</param>
/// <param name="EmailVerified">Null when there is no e-mail address; the address itself is the user's business.</param>
/// <param name="HasSecondFactor">Whether signing in takes a code as well.</param>
/// <param name="DisabledAt">Since when the user is disabled; null while not.</param>
public sealed record UserView(
    Guid Id, string Name, string Role, bool HasPassword, bool? EmailVerified, bool HasSecondFactor, DateTimeOffset CreatedAt, DateTimeOffset? DisabledAt)
{
    internal static UserView From(User user) => new(
        user.Id, user.Name, user.Role, user.PasswordHash is not null, user.EmailVerified, user.HasSecondFactor, user.CreatedAt, user.DisabledAt);
}

/// <summary>Part of the users, newest first.</summary>
/// <param name="Next">The cursor of the next page; null on the last one.</param>
public sealed record UserPage(IReadOnlyList<UserView> Items, string? Next);
