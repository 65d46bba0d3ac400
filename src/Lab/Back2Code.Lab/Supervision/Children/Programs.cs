using System.Runtime.InteropServices;
using Back2Code.Lab.Supervision.State;
using Back2Code.Lab.Topology;

namespace Back2Code.Lab.Supervision.Children;

/// <summary>Finds the programs that the topology names.</summary>
internal sealed class Programs(string home)
{
    /// <summary>Where the built programs are when not in the home folder: the launcher copies them to where an unprivileged user can read them.</summary>
    public const string FolderVariable = "BACK2CODE_PROGRAMS";

    /// <summary>The dotnet host for the children, when they cannot use ours.</summary>
    public const string DotnetVariable = "BACK2CODE_DOTNET";

    // The system's folders for administrators too: haproxy lives there, and they are not on every user's PATH.
    private static readonly string[] SearchPath =
    [
        .. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries),
        "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin",
    ];

    private readonly string _folder = FromEnvironment(FolderVariable) ?? Path.Combine(home, "artifacts", "bin");

    public string Dotnet { get; } = FromEnvironment(DotnetVariable)
        // shared/Microsoft.NETCore.App/10.0.x/ of the runtime that runs this very program.
        ?? Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet"));

    /// <summary>Our own command line, for the workers of faults; where it is not built they cannot start.</summary>
    public string Workers => FindAssembly("Back2Code.Cli/back2code") ?? "";

    /// <summary>Every program and assembly, or one message that names all that is missing.</summary>
    public IReadOnlyDictionary<string, string> FindAll(PlatformTopology topology)
    {
        var found = FindWhatIsThere(topology);
        var missing = topology.Processes.Where(p => !found.ContainsKey(p.Name)).ToList();
        return missing.Count == 0 ? found : throw new LabException(Describe(missing));
    }

    public IReadOnlyDictionary<string, string> FindWhatIsThere(PlatformTopology topology)
    {
        var found = new Dictionary<string, string>();
        foreach (var process in topology.Processes)
        {
            if ((process.Program is { } program ? FindProgram(program.Value) : FindAssembly(process.Assembly!.Value.Value)) is { } path)
            {
                found[process.Name] = path;
            }
        }

        return found;
    }

    private static string? FindProgram(string name)
    {
        if (!name.Contains('/', StringComparison.Ordinal))
        {
            return SearchPath.Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
        }

        var star = name.IndexOf('*', StringComparison.Ordinal);
        if (star < 0)
        {
            return File.Exists(name) ? name : null;
        }

        // /usr/lib/postgresql/*/bin/postgres: the newest version, and 9 is older than 15.
        var parent = name[..name.LastIndexOf('/', star)];
        var rest = name[(name.IndexOf('/', star) + 1)..];
        return !Directory.Exists(parent)
            ? null
            : Directory.EnumerateDirectories(parent)
                .OrderByDescending(d => int.TryParse(Path.GetFileName(d), out var version) ? version : -1)
                .Select(d => Path.Combine(d, rest))
                .FirstOrDefault(File.Exists);
    }

    private string? FindAssembly(string name)
    {
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        var (project, file) = slash < 0 ? (name, name) : (name[..slash], name[(slash + 1)..]);
        return ((string[])["release", "debug"])
            .Select(configuration => Path.Combine(_folder, project, configuration, file + ".dll"))
            .FirstOrDefault(File.Exists) is { } path ? RealPath.Of(path) : null;
    }

    private static string Describe(List<ProcessSpec> missing)
    {
        var programs = missing.Where(p => p.Program is not null).ToList();
        if (programs.Count == 0)
        {
            return $"Not built: {string.Join(", ", missing.Select(p => p.Assembly).Distinct())}. Run ./back2code build.";
        }

        var names = programs.Select(p => Path.GetFileName(p.Program!.Value.Value)).Distinct();
        var packages = programs.Select(p => p.Package).OfType<string>().Distinct();
        return $"Not installed: {string.Join(", ", names)}. Install with: sudo apt-get install --no-install-recommends {string.Join(' ', packages)}";
    }

    private static string? FromEnvironment(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
