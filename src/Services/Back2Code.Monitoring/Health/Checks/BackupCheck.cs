using Microsoft.Extensions.Options;

namespace Back2Code.Monitoring.Health.Checks;

/// <summary>How old the newest backup is. That it can be restored is another question, which only a restore answers.</summary>
internal sealed class BackupCheck(IOptions<HealthOptions> options, TimeProvider time) : IPlatformCheck
{
    public string Name => "backup";

    public string Title => "Backup age";

    public Task<IReadOnlyList<Finding>> RunAsync(CancellationToken cancellationToken)
    {
        if (options.Value.BackupPath is not { Length: > 0 } path)
        {
            return Task.FromResult(Finding.NotApplicable("no backup is configured (Monitoring:Health:BackupPath)"));
        }

        DateTime? newest;
        try
        {
            // Empty files are what a backup leaves that failed at once.
            newest = (File.Exists(path) ? [new FileInfo(path)] : new DirectoryInfo(path).EnumerateFiles("*", SearchOption.AllDirectories))
                .Where(f => f.Length > 0).Select(f => (DateTime?)f.LastWriteTimeUtc).Max();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CheckFailedException($"the backups cannot be read ({e.GetType().Name})", e);
        }

        return Task.FromResult<IReadOnlyList<Finding>>([newest is { } made ? Aged(made) : new Finding("", HealthState.Critical, "there is no backup", [])]);
    }

    private Finding Aged(DateTime made)
    {
        double hours = Math.Max(0, (time.GetUtcNow().UtcDateTime - made).TotalHours);
        return Finding.Of(
            "",
            $"the newest backup is {Amount.Seconds(hours * 3600)} old",
            new Reading("ageHours", hours, "h", options.Value.BackupHoursWarning, options.Value.BackupHoursCritical));
    }
}
