using Back2Code.Resilience;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Back2Code.Notes;

internal static class NoteProblems
{
    // Public contract: clients branch on these ids. Add freely, never rename or reuse.
    public static ProblemHttpResult NoteNotFound(Guid id) =>
        Problems.Create("note-not-found", StatusCodes.Status404NotFound, $"No note {id} is visible to you.");

    public static ProblemHttpResult NoteVersionConflict(Guid id, long expected, long actual) =>
        Problems.Create("note-version-conflict", StatusCodes.Status409Conflict,
            $"Note {id} is at version {actual}; you sent {expected}. Read it again, then retry.");

    public static ProblemHttpResult IdempotencyKeyInvalid(int longest) =>
        Problems.Create("idempotency-key-invalid", StatusCodes.Status400BadRequest,
            $"Idempotency-Key must be one value of 1 to {longest} visible ASCII characters.");

    public static ProblemHttpResult IdempotencyKeyReused() =>
        Problems.Create("idempotency-key-reused", StatusCodes.Status422UnprocessableEntity,
            "This Idempotency-Key belongs to another note. Send a new key with new content.");

    public static ProblemHttpResult OwnerErased() =>
        Problems.Create("owner-erased", StatusCodes.Status403Forbidden, "All that was held about you was erased, at your request or an operator's. Nothing new is kept.");

    public static ProblemHttpResult CursorInvalid() =>
        Problems.Create("cursor-invalid", StatusCodes.Status400BadRequest,
            "The cursor is not one that this list has given out. Start again without one.");
}
