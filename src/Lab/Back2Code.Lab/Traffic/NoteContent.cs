using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Back2Code.Lab.Traffic;

/// <summary>What the generator writes into notes: recognisable, different in every write, a few hundred bytes.</summary>
internal static class NoteContent
{
    private const string Filler = "The quick brown fox jumps over the lazy dog while the drill is running and nobody loses a single note. ";

    private const string TitlePrefix = "Traffic note ";

    /// <summary>The title carries the idempotency key, so that a list shows which creation a note came from, and if there are two.</summary>
    public static string Title(string key) => TitlePrefix + key;

    /// <returns>Null for a note that this tool did not write.</returns>
    public static string? KeyOf(string? title) => title is not null && title.StartsWith(TitlePrefix, StringComparison.Ordinal) ? title[TitlePrefix.Length..] : null;

    public static string Body(string runId, long write)
    {
        var body = new StringBuilder(512);
        body.Append(CultureInfo.InvariantCulture, $"Write {write} of run {runId}. ");
        body.Insert(body.Length, Filler, 1 + (int)(write % 4));
        return body.ToString();
    }

    /// <summary>64 bits of SHA-256: enough to tell the few contents a note ever had apart.</summary>
    public static string Fingerprint(string? title, string? body)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(title + "\n" + body), hash);
        return Convert.ToHexStringLower(hash[..8]);
    }
}
