using Back2Code.Lab.Supervision;

namespace Back2Code.Lab.Campaigns;

/// <summary>Writes what a campaign leaves in its folder.</summary>
public static class CampaignFiles
{
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
