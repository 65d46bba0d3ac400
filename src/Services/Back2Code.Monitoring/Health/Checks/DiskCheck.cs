using Microsoft.Extensions.Options;

namespace Back2Code.Monitoring.Health.Checks;

/// <summary>Whether the disks have room. Measured by what this process may still write, which is less than what root may.</summary>
internal sealed class DiskCheck(IOptions<HealthOptions> health, IOptions<MonitoringOptions> monitoring) : IPlatformCheck
{
    public string Name => "disk";

    public string Title => "Disk space";

    public Task<IReadOnlyList<Finding>> RunAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<string> paths = health.Value.DiskPaths is { Count: > 0 } configured ? configured : [monitoring.Value.SpoolDirectory];
        var disks = paths.Select(p => Named.Of(p, Named.LastPart));
        return Task.FromResult<IReadOnlyList<Finding>>([.. disks.Select(disk => Look(paths.Count == 1 ? "" : disk.Name, disk.Where))]);
    }

    private Finding Look(string target, string path)
    {
        try
        {
            var drive = new DriveInfo(Path.GetFullPath(path));
            long total = drive.TotalSize, available = drive.AvailableFreeSpace;

            // As df counts: what is kept for root belongs to neither side.
            double used = total - drive.TotalFreeSpace;
            double ratio = used + available > 0 ? used / (used + available) : 1;
            return Finding.Of(
                target,
                $"{Amount.Percent(ratio)} used, {Amount.Bytes(available)} free",
                new Reading("usedRatio", ratio, "1", health.Value.DiskUsedWarning, health.Value.DiskUsedCritical),
                new Reading("freeBytes", available, "By"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new Finding(target, HealthState.Unknown, $"the file system cannot be read ({e.GetType().Name})", []);
        }
    }
}
