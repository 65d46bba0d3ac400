namespace Back2Code.Lab.Supervision.Children;

internal static class LogTail
{
    /// <summary>The last lines of a log, indented to stand under an error message.</summary>
    public static string Of(string log, int lines = 8)
    {
        try
        {
            using var file = new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            file.Seek(Math.Max(0, file.Length - 8192), SeekOrigin.Begin);
            using var reader = new StreamReader(file);
            var tail = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(lines);
            return string.Concat(tail.Select(l => $"\n    {l}"));
        }
        catch (IOException)
        {
            return "";
        }
    }
}
