using System.Text.Json.Nodes;

namespace Back2Code.Chaos.Experiments.Providers;

/// <summary>
/// The calls into Python's standard library that experiment files make, carried out here. There is no Python interpreter: every other function is
/// refused by name before anything runs.
/// </summary>
internal static class PythonFunctions
{
    private static readonly Dictionary<string, Function> Known = new(StringComparer.Ordinal)
    {
        ["os.path.exists"] = new(["path"], a => File.Exists(a[0]) || Directory.Exists(a[0])),
        ["os.path.isfile"] = new(["path"], a => File.Exists(a[0])),
        ["os.path.isdir"] = new(["s"], a => Directory.Exists(a[0])),
        ["os.path.getsize"] = new(["filename"], a => new FileInfo(Existing(a[0])).Length),
        ["os.getcwd"] = new([], _ => Directory.GetCurrentDirectory()),
        ["os.listdir"] = new(["path"], a => new JsonArray([.. Directory.EnumerateFileSystemEntries(a[0]).Order(StringComparer.Ordinal).Select(e => JsonValue.Create(Path.GetFileName(e)))])),
        ["os.rename"] = new(["src", "dst"], a => Done(() => Move(a[0], a[1]))),
        ["os.replace"] = new(["src", "dst"], a => Done(() => Move(a[0], a[1]))),
        ["os.remove"] = new(["path"], a => Done(() => File.Delete(Existing(a[0])))),
        ["os.unlink"] = new(["path"], a => Done(() => File.Delete(Existing(a[0])))),
        ["os.mkdir"] = new(["path"], a => Done(() => MakeFolder(a[0]))),
        ["os.rmdir"] = new(["path"], a => Done(() => Directory.Delete(a[0]))),
        ["shutil.copy"] = new(["src", "dst"], a => Copy(a[0], a[1])),
        ["shutil.copyfile"] = new(["src", "dst"], a => Copy(a[0], a[1])),
        ["shutil.move"] = new(["src", "dst"], a => MoveInto(a[0], a[1])),
        ["platform.node"] = new([], _ => Environment.MachineName),
        ["platform.system"] = new([], _ => OperatingSystem.IsLinux() ? "Linux" : OperatingSystem.IsMacOS() ? "Darwin" : "Windows"),
    };

    /// <summary>What keeps a call from being carried out; null when nothing does.</summary>
    public static string? Complaint(string module, string function, JsonObject? arguments)
    {
        var name = $"{module}.{function}";
        if (!Known.TryGetValue(name, out var known))
        {
            return $"python function {name} is not supported: Python modules are not run here; what is carried out is {string.Join(", ", Known.Keys)}";
        }

        var given = arguments?.Select(a => a.Key).ToHashSet() ?? [];
        return given.SetEquals(known.Parameters) ? null : $"python function {name} takes ({string.Join(", ", known.Parameters)}), not ({string.Join(", ", given)})";
    }

    /// <exception cref="ActivityFailedException">What would be an exception in Python.</exception>
    public static JsonNode? Run(PythonProvider provider, IReadOnlyDictionary<string, JsonNode?> values)
    {
        var arguments = Placeholders.Fill(provider.Arguments, values) as JsonObject;
        if (Complaint(provider.Module, provider.Function, arguments) is { } complaint)
        {
            throw new ActivityFailedException(complaint);
        }

        var known = Known[$"{provider.Module}.{provider.Function}"];
        var ordered = known.Parameters.Select(p => Placeholders.AsText(arguments?[p])).ToArray();
        try
        {
            return known.Act(ordered);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new ActivityFailedException($"{provider.Module}.{provider.Function}({string.Join(", ", ordered.Select(o => $"'{o}'"))}): {e.Message}", e);
        }
    }

    private static JsonNode? Done(Action action)
    {
        action();
        return null;
    }

    private static string Existing(string path) => File.Exists(path) ? path : throw new FileNotFoundException($"no such file: {path}");

    /// <summary>As rename(2): an existing file gives way.</summary>
    private static void Move(string from, string to)
    {
        if (Directory.Exists(from))
        {
            Directory.Move(from, to);
        }
        else
        {
            File.Move(from, to, overwrite: true);
        }
    }

    private static void MakeFolder(string path)
    {
        if (Path.Exists(path))
        {
            throw new IOException($"there is already: {path}");
        }

        Directory.CreateDirectory(path);
    }

    private static JsonNode? Copy(string from, string to)
    {
        var target = Inside(from, to);
        File.Copy(from, target, overwrite: true);
        return target;
    }

    private static JsonNode? MoveInto(string from, string to)
    {
        var target = Inside(from, to);
        Move(from, target);
        return target;
    }

    private static string Inside(string from, string to) => Directory.Exists(to) ? Path.Combine(to, Path.GetFileName(from)) : to;

    private sealed record Function(IReadOnlyList<string> Parameters, Func<string[], JsonNode?> Act);
}
