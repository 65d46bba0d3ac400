using System.ComponentModel.DataAnnotations;

namespace Back2Code.Notes.Replacing;

/// <summary>What a note shall say from now on.</summary>
/// <param name="Title">1 to 200 characters, not only white space.</param>
/// <param name="Body">Up to 65,536 characters; may be empty.</param>
/// <param name="Version">The version that the client last read.</param>
public sealed record ReplaceNoteRequest(
    [Required, StringLength(NoteText.TitleLength), StorableText] string Title,
    [Required(AllowEmptyStrings = true), StringLength(NoteText.BodyLength), StorableText] string Body,
    [Range(1, ReplaceNoteRequest.LargestVersion)] long Version)
{
    // The largest integer that every JSON reader keeps exactly (RFC 8259, section 6). No note will be changed as often.
    private const long LargestVersion = (1L << 53) - 1;
}
