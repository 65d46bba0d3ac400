using Back2Code.Authentication;
using Back2Code.Notes.Creating;
using Back2Code.Notes.Deleting;
using Back2Code.Notes.Exporting;
using Back2Code.Notes.Listing;
using Back2Code.Notes.Reading;
using Back2Code.Notes.Replacing;
using Back2Code.Notes.Retention;
using Back2Code.Notes.Starting;

namespace Back2Code.Notes;

internal static class NoteEndpoints
{
    public static IServiceCollection AddNotes(this IServiceCollection services) => services
        .AddSingleton<CreateNote>()
        .AddSingleton<ReadNote>()
        .AddSingleton<ReplaceNote>()
        .AddSingleton<DeleteNote>()
        .AddSingleton<ListNotes>()
        .AddSingleton<ExportNotes>()
        .AddHostedService<WarmUp>()
        .AddSingleton<RetentionSweep>()
        .AddHostedService(static provider => provider.GetRequiredService<RetentionSweep>());

    public static RouteGroupBuilder MapNotes(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder notes = routes.MapGroup("/notes")
            .WithTags("Notes")
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);

        notes.MapPost("", CreateNote.Handle)
            .WithName("CreateNote")
            .RequirePermission(Permissions.NotesWrite)
            .WithSummary("Create a note; with an Idempotency-Key, at most once")
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        notes.MapGet("", ListNotes.Handle)
            .WithName("ListNotes")
            .RequirePermission(Permissions.NotesRead)
            .WithSummary("List your notes, newest first");
        notes.MapGet("/{id:guid}", ReadNote.Handle)
            .WithName("ReadNote")
            .RequirePermission(Permissions.NotesRead)
            .WithSummary("Read one note; Cache-Status says how fresh it is")
            .Produces(StatusCodes.Status304NotModified)
            .ProducesProblem(StatusCodes.Status404NotFound);
        notes.MapPut("/{id:guid}", ReplaceNote.Handle)
            .WithName("ReplaceNote")
            .RequirePermission(Permissions.NotesWrite)
            .WithSummary("Replace a note; needs the version last read")
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict);
        notes.MapDelete("/{id:guid}", DeleteNote.Handle)
            .WithName("DeleteNote")
            .RequirePermission(Permissions.NotesWrite)
            .WithSummary("Delete a note")
            .ProducesProblem(StatusCodes.Status404NotFound);
        notes.MapGet("/export", ExportNotes.HandleOwn)
            .WithName("ExportNotes")
            .RequirePermission(Permissions.NotesRead)
            .WithSummary("All that is held about you here, in one document");
        notes.MapGet("/export/{userId:guid}", ExportNotes.HandleUser)
            .WithName("ExportNotesOfUser")
            .RequirePermission(Permissions.UsersExport)
            .WithSummary("All that is held about a user here, in one document");
        return notes;
    }
}
