using System.Globalization;

namespace Back2Code.Chaos.Faults.Disk;

/// <summary><c>disk.fill</c>: a ballast file takes the room, but never the last of it.</summary>
internal sealed class DiskFillFault : IFault
{
    // Others work on this disk too, and the platform itself wants half of that to start.
    private const long Reserve = 1L << 30;

    public string Type => "disk.fill";

    public string Family => "disk";

    public string Summary => "Puts a file of size MiB into a process's data folder; at least 1 GiB of the disk stays free.";

    public string Symptom => "Free space falls at once by that much; whatever watches disks has to say so before anything fails.";

    public string Receipt => "The free space of the disk has fallen by at least half of the size asked for.";

    public string Undo => "Deletes the ballast file when the fault ends; should the platform be gone by then, whatever command comes next does.";

    public FaultExample Example { get; } = new("postgres", ("size", "64"));

    public FaultTargetKind TargetKind => FaultTargetKind.Process;

    public bool Lasts => true;

    public IReadOnlyList<FaultParameter> Parameters { get; } =
    [
        new NumberParameter("size", "MiB to take.", 1, 1_000_000, Required: true),
    ];

    public async Task<InjectedFault> InjectAsync(FaultContext context, CancellationToken cancellationToken)
    {
        long size = FaultSettings.Of(this, context).Number("size") << 20;
        var folders = await DataFolder.ResolveAsync(context, cancellationToken);
        long free = folders.Min(f => f.FreeBytes);
        if (free - (size * folders.Count) < Reserve)
        {
            throw new FaultException(string.Create(
                CultureInfo.InvariantCulture, $"{Type}: {free >> 20} MiB are free and {Reserve >> 20} stay so; at most {Math.Max(0, (free - Reserve) / folders.Count) >> 20} can be taken."));
        }

        string name = DeleteBallast.Prefix + context.FaultId;
        return await Injection.RunAsync(
            this,
            context,
            context.For,
            [.. folders.Select(f => new DeleteBallast(Path.Combine(f.Relative, name)))],
            _ => Task.FromResult<IReadOnlyList<Evidence>>([.. folders.Select(f => Fill(f, name, size))]),
            sumUp: null,
            cancellationToken);
    }

    public Task<IReadOnlyList<string>> FindTracesAsync(IFaultTarget platform, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<string>>(
        [.. Directory.EnumerateFiles(Path.Combine(platform.StateDirectory, "data"), DeleteBallast.Prefix + "*", Below).Select(f => $"{f} is there")]);

    // Not into folders that another user has closed to us.
    private static readonly EnumerationOptions Below = new() { RecurseSubdirectories = true, MaxRecursionDepth = 1, IgnoreInaccessible = true };

    private static Evidence Fill(DataFolder folder, string name, long size)
    {
        long before = folder.FreeBytes;
        string path = Path.Combine(folder.Path, name);
        using (var file = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, PreallocationSize = size }))
        {
            // Where the file system cannot reserve room, this takes none; then the free space below tells.
            file.SetLength(size);
        }

        long taken = before - folder.FreeBytes;
        return taken >= size / 2
            ? Evidence.Seen($"{folder.Process}: {taken >> 20} MiB of its disk were taken, {folder.FreeBytes >> 20} are free")
            : Evidence.NotSeen($"{folder.Process}: a file of {size >> 20} MiB took {taken >> 20} of its disk");
    }
}

/// <summary>Gives the room back.</summary>
/// <param name="File">Below the state folder.</param>
internal sealed record DeleteBallast(string File) : UndoStep
{
    public const string Prefix = "back2code-ballast-";

    internal override bool OutlivesPlatform => true;

    public override Task<string> ApplyAsync(IFaultTarget platform, UndoRecord record, CancellationToken cancellationToken)
    {
        string path = DataFolder.Inside(platform, File);
        if (!System.IO.Path.GetFileName(path).StartsWith(Prefix, StringComparison.Ordinal))
        {
            throw new FaultException($"{path} is not a ballast file, and is left alone.");
        }

        bool there = System.IO.File.Exists(path);
        System.IO.File.Delete(path);
        return Task.FromResult(there ? $"{File}: deleted" : $"{File}: was not there");
    }
}
