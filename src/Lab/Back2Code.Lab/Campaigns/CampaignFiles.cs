using Back2Code.Lab.Supervision;

namespace Back2Code.Lab.Campaigns;

/// <summary>Writes what a campaign leaves in its folder.</summary>
public static class CampaignFiles
{
    /// <summary>Before anything takes time: finds out whether a file can be written at the end. What is there stays.</summary>
    /// <exception cref="LabException">It cannot.</exception>
    public static void RequireWritable(string file)
    {
        var path = Path.GetFullPath(file);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var isNew = !File.Exists(path);
            using (File.Open(path, FileMode.OpenOrCreate, FileAccess.Write))
            {
                // That it opens is all that is asked.
            }

            if (isNew)
            {
                File.Delete(path);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LabException($"{file} cannot be written: {e.Message} Nothing was run.", e);
        }
    }

    /// <param name="junit">File for the build server; null for none.</param>
    /// <exception cref="LabException">Something cannot be written.</exception>
    public static async Task WriteAsync(CampaignOutcome outcome, BaselineComparison? baseline, string? junit, CancellationToken cancellationToken)
    {
        try
        {
            await File.WriteAllTextAsync(Path.Combine(outcome.Folder, Campaign.FileName), outcome.Campaign.ToJson() + "\n", cancellationToken);
            await File.WriteAllTextAsync(Path.Combine(outcome.Folder, "campaign.html"), ScorecardHtml.Render(outcome.Campaign, baseline), cancellationToken);
            if (junit is not null)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(junit))!);
                await File.WriteAllTextAsync(junit, JUnitXml.Of(outcome.Campaign, baseline), cancellationToken);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LabException($"The scorecard cannot be written: {e.Message}", e);
        }
    }
}
