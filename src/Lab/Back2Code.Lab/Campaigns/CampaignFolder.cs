using System.Globalization;
using Back2Code.Lab.Supervision;

namespace Back2Code.Lab.Campaigns;

/// <summary>Where the files of a campaign, a comparison or a sweep go; each drill's report is a folder in it.</summary>
internal static class CampaignFolder
{
    /// <param name="folder">The folder itself; null makes one of its own under <paramref name="parent"/>.</param>
    /// <exception cref="LabException">It cannot be made or written to; nothing was started.</exception>
    public static string Create(string? folder, string parent, string what, DateTimeOffset startedAt)
    {
        var path = Path.GetFullPath(folder ?? Path.Combine(parent, string.Create(CultureInfo.InvariantCulture, $"{startedAt.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}-{what}")));
        try
        {
            Directory.CreateDirectory(path);
            var probe = Path.Combine(path, ".writable");
            File.WriteAllText(probe, "");
            File.Delete(probe);
            return path;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LabException($"The report cannot be written: {e.Message} Choose another folder with --report DIR.", e);
        }
    }
}
