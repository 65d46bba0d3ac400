using System.Globalization;
using Microsoft.Extensions.Options;

namespace Back2Code.Monitoring.Health.Checks;

/// <summary>Whether there is memory left: on the machine, and within the control group that this process may be confined to.</summary>
internal sealed class MemoryCheck(IOptions<HealthOptions> options, string controlGroup = "/sys/fs/cgroup") : IPlatformCheck
{
    private const string MemInfo = "/proc/meminfo";

    public string Name => "memory";

    public string Title => "Memory";

    public async Task<IReadOnlyList<Finding>> RunAsync(CancellationToken cancellationToken)
    {
        if (!File.Exists(MemInfo))
        {
            throw new CheckFailedException("this system does not tell its memory (no /proc/meminfo)");
        }

        string[] lines = await File.ReadAllLinesAsync(MemInfo, cancellationToken);
        var machine = Look("machine", total: Kibibytes(lines, "MemTotal:"), available: Kibibytes(lines, "MemAvailable:"));
        string limitFile = Path.Combine(controlGroup, "memory.max");
        if (!File.Exists(limitFile) || !long.TryParse(await File.ReadAllTextAsync(limitFile, cancellationToken), NumberStyles.Integer, CultureInfo.InvariantCulture, out long limit))
        {
            // "max": no limit of our own.
            return [machine];
        }

        long use = long.Parse(await File.ReadAllTextAsync(Path.Combine(controlGroup, "memory.current"), cancellationToken), NumberStyles.Integer, CultureInfo.InvariantCulture);
        return [machine, Look("control group", limit, limit - Math.Max(0, use - await ReclaimableAsync(cancellationToken)))];
    }

    /// <summary>Cache of files that nobody has used lately: it counts as used and goes when memory is needed, as MemAvailable of the machine has it.</summary>
    private async Task<long> ReclaimableAsync(CancellationToken cancellationToken)
    {
        const string Prefix = "inactive_file ";
        string statistics = Path.Combine(controlGroup, "memory.stat");
        string? line = File.Exists(statistics) ? Array.Find(await File.ReadAllLinesAsync(statistics, cancellationToken), l => l.StartsWith(Prefix, StringComparison.Ordinal)) : null;
        return line is not null && long.TryParse(line.AsSpan(Prefix.Length), NumberStyles.Integer, CultureInfo.InvariantCulture, out long bytes) ? bytes : 0;
    }

    private Finding Look(string target, double total, double available)
    {
        double ratio = (total - available) / total;
        return Finding.Of(
            target,
            $"{Amount.Percent(ratio)} used, {Amount.Bytes(available)} available",
            new Reading("usedRatio", ratio, "1", options.Value.MemoryUsedWarning, options.Value.MemoryUsedCritical),
            new Reading("availableBytes", available, "By"));
    }

    private static double Kibibytes(string[] lines, string name)
    {
        string? line = Array.Find(lines, l => l.StartsWith(name, StringComparison.Ordinal));
        return line is not null && long.TryParse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal), NumberStyles.Integer, CultureInfo.InvariantCulture, out long kibibytes)
            ? kibibytes * 1024d
            : throw new CheckFailedException($"/proc/meminfo has no {name.TrimEnd(':')}");
    }
}
