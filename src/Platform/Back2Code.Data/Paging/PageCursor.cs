using System.Buffers.Text;

namespace Back2Code.Data;

/// <summary>
/// Where a page of a list that is ordered by UUID version 7 ended: the id of its last item, behind a format number so that the format can change under
/// clients that keep cursors. Opaque to clients, and no secret: a list asks for the user anew with every page.
/// </summary>
public static class PageCursor
{
    private const byte Format = 1;
    private const int Bytes = 1 + 16;

    /// <summary>The cursor of the page after the item with the id <paramref name="last"/>; 23 characters that need no escaping in a URL.</summary>
    public static string Encode(Guid last)
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        bytes[0] = Format;
        last.TryWriteBytes(bytes[1..], bigEndian: true, out _);
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>Reads a cursor back.</summary>
    /// <param name="cursor">What a client sent.</param>
    /// <param name="last">The id that <see cref="Encode"/> was given.</param>
    /// <returns>False for every text that <see cref="Encode"/> does not give out.</returns>
    public static bool TryDecode(string cursor, out Guid last)
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        last = default;

        // The length is checked first: a longer text would not fit, and decoding it would only cost time.
        if (cursor.Length != Base64Url.GetEncodedLength(Bytes)
            || !Base64Url.IsValid(cursor)
            || !Base64Url.TryDecodeFromChars(cursor, bytes, out int written)
            || written != Bytes
            || bytes[0] != Format)
        {
            return false;
        }

        last = new Guid(bytes[1..], bigEndian: true);

        // Base64 leaves two unused bits at the end; only the spelling that we write is a cursor.
        return Encode(last) == cursor;
    }
}
