using System.Globalization;

namespace Back2Code.IntegrationTests.Slo;

/// <summary>A stretch of a load: so many good and bad requests at every scrape.</summary>
/// <param name="Scrapes">How long.</param>
/// <param name="Good">Good requests from scrape to scrape.</param>
/// <param name="Bad">Bad requests from scrape to scrape.</param>
/// <param name="StartsAgain">The counters begin at zero again, as after a restart of their process.</param>
/// <param name="IsGone">The metric is not there.</param>
internal sealed record Stretch(int Scrapes, int Good, int Bad, bool StartsAgain = false, bool IsGone = false)
{
    /// <summary>A counter in promtool's notation; its first sample is 0.</summary>
    public static string Series(IEnumerable<Stretch> load, Func<Stretch, int> perScrape)
    {
        var parts = new List<string> { "0" };
        long total = 0;
        foreach (Stretch stretch in load)
        {
            if (stretch.IsGone)
            {
                parts.Add($"stale _x{stretch.Scrapes - 1}");
                continue;
            }

            total = stretch.StartsAgain ? 0 : total;
            int step = perScrape(stretch);
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{total + step}+{step}x{stretch.Scrapes - 1}"));
            total += (long)step * stretch.Scrapes;
        }

        return string.Join(' ', parts);
    }
}
