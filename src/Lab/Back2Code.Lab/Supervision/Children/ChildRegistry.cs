using System.Text.Json;
using Back2Code.Lab.Supervision.State;

namespace Back2Code.Lab.Supervision.Children;

/// <summary>processes.json: who was started, so that the next lab can clean up after one that was killed.</summary>
internal sealed class ChildRegistry(StatePaths paths)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, ChildRecord> _children = [];

    public void Add(ChildRecord child)
    {
        lock (_gate)
        {
            _children[child.Name] = child;
            Write();
        }
    }

    public void Remove(string name)
    {
        lock (_gate)
        {
            _children.Remove(name);
            Write();
        }
    }

    /// <summary>The children of an earlier lab in this state folder; none if the file is missing, unreadable or of an earlier boot.</summary>
    public static IReadOnlyList<ChildRecord> ReadLeftBehind(StatePaths paths)
    {
        try
        {
            var file = JsonSerializer.Deserialize<RegistryFile>(File.ReadAllBytes(paths.Processes), LabJson.Options);
            return file is { Children: { } children } && file.BootId == BootId() ? children : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            // The scan of /proc finds them all the same.
            return [];
        }
    }

    private void Write()
    {
        try
        {
            AtomicFile.Write(paths.Processes, JsonSerializer.SerializeToUtf8Bytes(new RegistryFile(BootId(), [.. _children.Values]), LabJson.Indented));
        }
        catch (IOException)
        {
            // A full disk. The file only speeds up the next lab's cleaning, which also finds by /proc what it does not name; to lose sight of a
            // process that has just been started would be worse.
        }
    }

    private static string BootId() => File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    private sealed record RegistryFile(string BootId, IReadOnlyList<ChildRecord> Children);
}

internal sealed record ChildRecord(string Name, int Pid, long StartTime);
