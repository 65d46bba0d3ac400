using System.Runtime.Versioning;
using System.Text.Json;
using Back2Code.Chaos.Experiments;
using Back2Code.Chaos.Experiments.Documents;
using Back2Code.Lab.Drills;
using Back2Code.Lab.Supervision;

namespace Back2Code.IntegrationTests.Supervision;

/// <summary>A platform divides the windows of its objectives by one number; a drill that needs another has to have a platform of its own.</summary>
[SupportedOSPlatform("linux")]
public sealed class TimeScaleTests
{
    [Fact]
    public async Task A_drill_of_another_time_scale_is_refused_by_a_platform_that_was_kept()
    {
        await using var small = SmallPlatform.Of(SmallPlatform.Sleeper);
        await using var kept = await small.StartAsync();
        var drill = new Drill
        {
            Name = "slow",
            File = "slow.yaml",
            Experiment = new Experiment { Title = "t", Description = "d", Source = (MappingNode)YamlDocument.Parse("title: t\ndescription: d\nmethod: []\n") },
            Traffic = new DrillTraffic(1, TimeSpan.FromSeconds(1), 1, null),
            TimeScale = 4320,
        };

        var outcome = await DrillSession.RunAsync(
            drill,
            new DrillSessionOptions { Platform = small.Options(), ReportFolder = Path.Combine(small.Folder, "report") },
            progress: null,
            TimeProvider.System,
            TestContext.Current.CancellationToken);

        Assert.Equal(3, outcome.ExitCode);
        Assert.StartsWith($"The platform on {small.State} divides the windows of its objectives by 720; slow needs one that divides by 4320.", outcome.Reason, StringComparison.Ordinal);
        Assert.Equal(4320, JsonElement.Parse(outcome.Summary).GetProperty("timeScale").GetInt32());
        Assert.Equal(ProcessState.Ready, (await kept.StatusOfAsync("sleeper")).State);
    }
}
