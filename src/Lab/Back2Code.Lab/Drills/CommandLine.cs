using System.Runtime.InteropServices;

namespace Back2Code.Lab.Drills;

/// <summary>How to start our own command line again, for the parts that run as processes of their own.</summary>
/// <param name="Prefix">For example the dotnet host and the path of back2code.dll.</param>
public sealed record CommandLine(IReadOnlyList<string> Prefix)
{
    /// <summary>The command line whose files lie beside this assembly, started by the runtime that runs us.</summary>
    public static CommandLine Own { get; } = new([Host(), Path.Combine(AppContext.BaseDirectory, "back2code.dll")]);

    public IReadOnlyList<string> With(IEnumerable<string> arguments) => [.. Prefix, .. arguments];

    private static string Host()
    {
        // <dotnet>/shared/Microsoft.NETCore.App/<version>/ holds the runtime; the host is three folders up.
        var host = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet"));
        return File.Exists(host) ? host : "dotnet";
    }
}
