using System.Diagnostics;
using System.Globalization;
using Back2Code.Lab.Supervision;

namespace Back2Code.Cli.Commands;

/// <summary>The lab as a process of its own, in a session of its own, that outlives the command that started it.</summary>
internal static class DetachedLab
{
    public static string LogOf(PlatformOptions options)
    {
        var folder = Path.Combine(options.EffectiveStateDirectory, "logs");
        try
        {
            Directory.CreateDirectory(folder);
            return Path.Combine(folder, "lab.log");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LabException($"The state folder {options.EffectiveStateDirectory} cannot be used: {e.Message} Choose another with --state DIR.", e);
        }
    }

    public static Process Start(PlatformOptions options, string log)
    {
        File.Delete(log);
        var start = new ProcessStartInfo("/bin/sh",
        [
            "-c", "log=$1; shift; exec setsid \"$@\" </dev/null >>\"$log\" 2>&1", "sh", log,
            Environment.ProcessPath!,
            // Under the dotnet host the program is its first argument; with a host of its own it is the process.
            .. Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? (string[])[Environment.GetCommandLineArgs()[0]] : [],
            "up", "--state", options.EffectiveStateDirectory,
            "--port-base", options.PortBase?.ToString(CultureInfo.InvariantCulture) ?? "auto",
            "--time-scale", (options.TimeScale ?? PlatformOptions.DefaultTimeScale).ToString(CultureInfo.InvariantCulture),
        ])
        {
            WorkingDirectory = "/",
        };
        start.Environment["BACK2CODE_HOME"] = options.Home;
        return Process.Start(start)!;
    }

    public static string LastWords(string log)
    {
        var lines = File.ReadAllLines(log);
        var error = Array.FindLastIndex(lines, l => l.StartsWith("back2code: ", StringComparison.Ordinal));
        return error < 0 ? $"back2code: the platform ended while it started; see {log}" : string.Join('\n', lines[error..]);
    }
}
