namespace Back2Code.Monitoring.Health;

/// <summary>
/// Something that a check looks at, and what it is called where everybody reads of it. The page <c>/status</c> needs no token: it names no path and no address.
/// </summary>
internal sealed record Named(string Name, string Where)
{
    /// <param name="entry"><c>NAME=WHERE</c>, or only where it is.</param>
    /// <param name="nameOf">Its name when the entry has none.</param>
    public static Named Of(string entry, Func<string, string> nameOf)
    {
        // A path may hold an equals sign; a name holds neither slash nor colon.
        int equals = entry.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 && !entry.AsSpan(0, equals).ContainsAny('/', ':')
            ? new Named(entry[..equals].Trim(), entry[(equals + 1)..].Trim())
            : new Named(nameOf(entry), entry);
    }

    /// <summary>The last part of a path.</summary>
    public static string LastPart(string path) => Path.GetFileName(Path.TrimEndingDirectorySeparator(path)) is { Length: > 0 } name ? name : "root";
}
