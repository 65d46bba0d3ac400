using System.Xml.Linq;
using Back2Code.Lab.Campaigns;
using Back2Code.Lab.Supervision;
using Back2Code.UnitTests.Reports;

namespace Back2Code.UnitTests.Campaigns;

/// <summary>A campaign that cannot play anything, or could not say so at its end.</summary>
public sealed class CampaignSessionTests : IDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("b2c-campaign-").FullName;

    [Fact]
    public async Task A_campaign_whose_platform_cannot_start_has_a_scorecard_that_says_why()
    {
        await File.WriteAllTextAsync(Path.Combine(_home, "topology.yaml"), "version: 1\nprocesses:\n  ghost: {program: no-such-server, package: ghost-server}\n", TestContext.Current.CancellationToken);
        var options = new CampaignOptions { Platform = new PlatformOptions { Home = _home, StateDirectory = Path.Combine(_home, "state"), StartTimeout = TimeSpan.FromSeconds(5) }, Repeat = 2 };
        var junit = Path.Combine(_home, "ci", "drills.xml");

        var outcome = await CampaignSession.RunAsync([ReportTests.Record().Drill], options, null, TimeProvider.System, TestContext.Current.CancellationToken);
        await CampaignFiles.WriteAsync(outcome, baseline: null, junit, TestContext.Current.CancellationToken);

        var campaign = Campaign.Read(outcome.Folder);
        Assert.Equal(3, campaign.ExitCode);
        Assert.StartsWith("Not installed: no-such-server", campaign.Obstacle, StringComparison.Ordinal);
        Assert.Equal([1, 2], campaign.Skipped.Select(s => s.Round));
        Assert.Contains("Not installed: no-such-server", await File.ReadAllTextAsync(Path.Combine(outcome.Folder, "campaign.html"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        var suite = XDocument.Load(junit).Root!.Element("testsuite")!;
        Assert.Equal(("1", "2"), (suite.Attribute("errors")!.Value, suite.Attribute("skipped")!.Value));
    }

    [Fact]
    public void A_file_that_can_be_written_is_left_as_it_was_and_one_that_cannot_is_refused_by_name()
    {
        var there = Path.Combine(_home, "there.xml");
        File.WriteAllText(there, "of an earlier run");
        var missing = Path.Combine(_home, "folder", "new.xml");

        CampaignFiles.RequireWritable(there);
        CampaignFiles.RequireWritable(missing);
        var error = Assert.Throws<LabException>(() => CampaignFiles.RequireWritable(Path.Combine(there, "in-a-file.xml")));

        Assert.Equal("of an earlier run", File.ReadAllText(there));
        Assert.False(File.Exists(missing));
        Assert.Contains("in-a-file.xml cannot be written: ", error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_home, recursive: true);
}
