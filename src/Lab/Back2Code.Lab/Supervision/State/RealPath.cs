namespace Back2Code.Lab.Supervision.State;

internal static class RealPath
{
    /// <summary>The path without symbolic links, as the kernel shows it in /proc.</summary>
    public static string Of(string path)
    {
        var real = "/";
        var parts = new Queue<string>(Path.GetFullPath(path).Split('/', StringSplitOptions.RemoveEmptyEntries));
        // 40 is where the kernel gives up too.
        for (var links = 0; parts.Count > 0;)
        {
            var next = Path.Combine(real, parts.Dequeue());
            if (new FileInfo(next).LinkTarget is { } target && links++ < 40)
            {
                parts = new Queue<string>(Path.GetFullPath(target, real).Split('/', StringSplitOptions.RemoveEmptyEntries).Concat(parts));
                real = "/";
            }
            else
            {
                real = next;
            }
        }

        return real;
    }
}
