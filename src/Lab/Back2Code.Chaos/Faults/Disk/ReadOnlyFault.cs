namespace Back2Code.Chaos.Faults.Disk;

/// <summary><c>disk.read-only</c>: nothing can be made or deleted in a folder of a process; files that are open stay so.</summary>
internal sealed class ReadOnlyFault : IFault
{
    private const UnixFileMode Write = UnixFileMode.UserWrite | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    public string Type => "disk.read-only";

    public string Family => "disk";

    public string Summary => "Takes the right to write from a folder of a process: no file in it can be made, renamed or deleted.";

    public string Symptom => "'Permission denied' in the log of whoever makes files; what only writes to open files does not notice.";

    public FaultExample Example { get; } = new("monitoring");

    public FaultTargetKind TargetKind => FaultTargetKind.Process;

    public bool Lasts => true;

    public IReadOnlyList<FaultParameter> Parameters { get; } =
    [
        new RouteParameter("folder", "Below its data folder, such as ./spool; the data folder itself when left out.", "./"),
    ];

    public async Task<InjectedFault> InjectAsync(FaultContext context, CancellationToken cancellationToken)
    {
        FaultSettings.Of(this, context);
        string below = context.Parameters.GetValueOrDefault("folder", "./");
        var folders = (await DataFolder.ResolveAsync(context, cancellationToken))
            .Select(f => (f.Process, Path: DataFolder.Inside(context.Platform, Path.Combine(f.Relative, below)), Relative: Path.Combine(f.Relative, below)))
            .ToList();
        if (folders.FirstOrDefault(f => !Directory.Exists(f.Path)) is { Path: { } missing })
        {
            throw new FaultException($"{Type}: there is no folder {missing}.");
        }

        var before = folders.ToDictionary(f => f.Path, f => File.GetUnixFileMode(f.Path));
        if (before.FirstOrDefault(b => (b.Value & Write) == 0) is { Key: { } closed })
        {
            throw new FaultException($"{Type}: {closed} cannot be written to already.");
        }

        return await Injection.RunAsync(
            this,
            context,
            context.For,
            [.. folders.Select(f => new RestoreMode(f.Relative, (int)before[f.Path]))],
            _ => Task.FromResult<IReadOnlyList<Evidence>>([.. folders.Select(f => Close(f.Process, f.Path, before[f.Path]))]),
            sumUp: null,
            cancellationToken);
    }

    /// <summary>An ordinary user tries; root, who may write anywhere, reads the mode back.</summary>
    private static Evidence Close(string process, string folder, UnixFileMode before)
    {
        File.SetUnixFileMode(folder, before & ~Write);
        var now = File.GetUnixFileMode(folder);
        return (now & Write) == 0 && (Environment.IsPrivilegedProcess || !CanWrite(folder))
            ? Evidence.Seen($"{process}: {folder} has mode {Octal(now)}, {Octal(before)} before{(Environment.IsPrivilegedProcess ? "" : "; a file in it was refused")}")
            : Evidence.NotSeen($"{process}: {folder} can still be written to, mode {Octal(now)}");
    }

    private static bool CanWrite(string folder)
    {
        string file = Path.Combine(folder, DeleteBallast.Prefix + "probe");
        try
        {
            File.WriteAllBytes(file, []);
            File.Delete(file);
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }

    internal static string Octal(UnixFileMode mode) => "0" + Convert.ToString((int)mode, 8);
}

/// <summary>Gives a folder the rights it had.</summary>
/// <param name="Folder">Below the state folder.</param>
internal sealed record RestoreMode(string Folder, int Mode) : UndoStep
{
    internal override string? Owns => $"the mode of {Path.TrimEndingDirectorySeparator(Path.GetFullPath(Folder, "/"))}";

    internal override bool OutlivesPlatform => true;

    public override Task<string> ApplyAsync(IFaultTarget platform, UndoRecord record, CancellationToken cancellationToken)
    {
        string path = DataFolder.Inside(platform, Folder);
        if (!Directory.Exists(path))
        {
            return Task.FromResult($"{Folder}: is gone, nothing to restore");
        }

        File.SetUnixFileMode(path, (UnixFileMode)Mode);
        return Task.FromResult($"{Folder}: has mode {ReadOnlyFault.Octal(File.GetUnixFileMode(path))} again");
    }
}
