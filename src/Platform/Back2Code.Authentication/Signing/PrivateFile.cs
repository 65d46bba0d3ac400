using System.Text;

namespace Back2Code.Authentication.Signing;

/// <summary>Files that appear whole or not at all, also when the machine stops in between.</summary>
internal static class PrivateFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Writes a file with mode 0600 unless there is one; the mode holds from its first byte on.</summary>
    public static void CreateIfAbsent(string path, string text)
    {
        var temporary = Write(path, Encoding.UTF8.GetBytes(text), OwnerOnly);
        try
        {
            File.Move(temporary, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            // Another process was faster: its file is as good, and now the only one.
            File.Delete(temporary);
        }
    }

    /// <summary>Writes or replaces a file that everybody may read.</summary>
    public static void Replace(string path, string text)
    {
        var temporary = Write(path, Encoding.UTF8.GetBytes(text), OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Writes or replaces a file with mode 0600.</summary>
    public static void ReplacePrivate(string path, ReadOnlySpan<byte> bytes) => File.Move(Write(path, bytes, OwnerOnly), path, overwrite: true);

    private static string Write(string path, ReadOnlySpan<byte> bytes, UnixFileMode mode)
    {
        var temporary = $"{path}.{Path.GetRandomFileName()}.tmp";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = mode;
        }

        using var stream = new FileStream(temporary, options);
        try
        {
            stream.Write(bytes);
            stream.Flush(flushToDisk: true);
            return temporary;
        }
        catch
        {
            // A full disk: leave no half file behind.
            File.Delete(temporary);
            throw;
        }
    }
}
