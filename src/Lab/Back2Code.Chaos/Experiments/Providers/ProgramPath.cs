namespace Back2Code.Chaos.Experiments.Providers;

/// <summary>Finds programs as a shell would.</summary>
internal static class ProgramPath
{
    /// <returns>The full path of the executable file, or null.</returns>
    public static string? Find(string program)
    {
        if (program.StartsWith("~/", StringComparison.Ordinal))
        {
            program = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), program[2..]);
        }

        if (program.Contains('/', StringComparison.Ordinal))
        {
            return IsExecutable(program) ? Path.GetFullPath(program) : null;
        }

        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(IsExecutable);
    }

    private static bool IsExecutable(string path) =>
        File.Exists(path) && (OperatingSystem.IsWindows()
            || (File.GetUnixFileMode(path) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0);
}
