using System.Globalization;

namespace Back2Code.Chaos.Faults.Disk;

/// <summary>The folder in which a process of the topology works.</summary>
/// <param name="Relative">From the state folder.</param>
internal sealed record DataFolder(string Process, string Path, string Relative)
{
    public long FreeBytes => new DriveInfo(Path).AvailableFreeSpace;

    /// <exception cref="FaultException">No such process, or it has no folder.</exception>
    public static async Task<IReadOnlyList<DataFolder>> ResolveAsync(FaultContext context, CancellationToken cancellationToken)
    {
        var all = await context.Platform.ListProcessesAsync(cancellationToken);
        return
        [
            .. TargetPattern.Resolve(context.Target, "process", all, p => p.Name).Select(p =>
            {
                string relative = System.IO.Path.Combine("data", p.Name);
                string path = Inside(context.Platform, relative);
                return Directory.Exists(path) ? new DataFolder(p.Name, path, relative) : throw new FaultException($"{p.Name} has no folder {path}.");
            }),
        ];
    }

    /// <summary>A path below the state folder.</summary>
    /// <exception cref="FaultException">It leads out of it: a record must not be able to cost anybody a file.</exception>
    public static string Inside(IFaultTarget platform, string relative)
    {
        string path = System.IO.Path.GetFullPath(relative, platform.StateDirectory);
        return path.StartsWith(platform.StateDirectory + "/", StringComparison.Ordinal)
            ? path
            : throw new FaultException(string.Create(CultureInfo.InvariantCulture, $"{relative} does not lie in {platform.StateDirectory}."));
    }
}
