using Back2Code.Resilience;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Back2Code.Identity;

/// <summary>What the identity service answers when it refuses, beside OAuth's own error objects.</summary>
public static class IdentityProblems
{
    // Public contract: clients branch on these ids. Add freely, never rename or reuse.
    internal static ProblemHttpResult ScopeMissing(string scope) =>
        Problems.Create("scope-missing", StatusCodes.Status403Forbidden, $"The access token lacks the scope '{scope}'.");

    internal static ProblemHttpResult UserEnded() =>
        Problems.Create("user-ended", StatusCodes.Status401Unauthorized, "The user of this access token is not there any more, or is disabled.");

    internal static ProblemHttpResult UserNotFound(Guid id) =>
        Problems.Create("user-not-found", StatusCodes.Status404NotFound, $"There is no user {id}.");

    internal static ProblemHttpResult ErasureNotFound(Guid id) =>
        Problems.Create("erasure-not-found", StatusCodes.Status404NotFound, $"There is no user {id}, or nobody has asked to erase the user.");

    internal static ProblemHttpResult UserNameTaken() =>
        Problems.Create("user-name-taken", StatusCodes.Status409Conflict, "Another user has this name. Choose a different one.");

    internal static ProblemHttpResult EmailTaken() =>
        Problems.Create("email-taken", StatusCodes.Status409Conflict, "Another user has this e-mail address.");

    internal static ProblemHttpResult SecondFactorMissing(Guid id) =>
        Problems.Create("second-factor-missing", StatusCodes.Status404NotFound, $"There is no user {id}, or the user has no second factor.");

    internal static ProblemHttpResult SessionNotFound(Guid id) =>
        Problems.Create("session-not-found", StatusCodes.Status404NotFound, $"You have no session {id}.");

    internal static ProblemHttpResult ClientNotFound() =>
        Problems.Create("client-not-found", StatusCodes.Status404NotFound, "There is no such client, or it is a public one and has no secret.");

    internal static ProblemHttpResult ClientInvalid(string detail) =>
        Problems.Create("client-invalid", StatusCodes.Status400BadRequest, detail);

    internal static ProblemHttpResult CursorInvalid() =>
        Problems.Create("cursor-invalid", StatusCodes.Status400BadRequest,
            "The cursor is not one that this list has given out. Start again without one.");
}
