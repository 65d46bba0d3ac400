namespace Back2Code.Lab.Supervision.State;

internal static class AtomicFile
{
    /// <summary>A reader sees the old content or the new, never half of it. Default mode: owner only.</summary>
    public static void Write(string path, ReadOnlySpan<byte> content, UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite)
    {
        var draft = $"{path}.{Environment.ProcessId}.new";
        File.Delete(draft);
        using (var stream = new FileStream(draft, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = mode,
        }))
        {
            stream.Write(content);
        }

        File.Move(draft, path, overwrite: true);
    }
}
