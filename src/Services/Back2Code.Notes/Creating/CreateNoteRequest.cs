using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using System.Text;

namespace Back2Code.Notes.Creating;

// Public because AddValidation() skips internal types without a word.

/// <summary>A new note.</summary>
/// <param name="Title">1 to 200 characters, not only white space.</param>
/// <param name="Body">Up to 65,536 characters; may be empty.</param>
public sealed record CreateNoteRequest(
    [Required, StringLength(NoteText.TitleLength), StorableText] string Title,
    [Required(AllowEmptyStrings = true), StringLength(NoteText.BodyLength), StorableText] string Body)
{
    /// <summary>Tells two requests under one Idempotency-Key apart without keeping their text.</summary>
    internal byte[] ContentSha256()
    {
        // The length of the title separates it from the body: "ab" + "c" is not "a" + "bc".
        byte[] content = Encoding.UTF8.GetBytes($"{Title.Length}:{Title}{Body}");
        return SHA256.HashData(content);
    }
}
