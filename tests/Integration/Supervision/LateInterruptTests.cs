using System.Runtime.Versioning;
using System.Text.Json;
using Back2Code.Chaos.Experiments;
using Back2Code.Chaos.Experiments.Documents;
using Back2Code.Lab.Drills;

namespace Back2Code.IntegrationTests.Supervision;

/// <summary>The phases after the engine's own, in which Ctrl-C has nothing left to undo: the verdict stands, the report is whole, everything is stopped.</summary>
[SupportedOSPlatform("linux")]
public sealed class LateInterruptTests
{
    [Theory]
    [InlineData(DrillPhase.Report)]
    [InlineData(DrillPhase.Stop)]
    public async Task An_interrupt_after_the_verdict_changes_nothing(DrillPhase phase)
    {
        await using var small = SmallPlatform.Of(SmallPlatform.Sleeper);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var report = Path.Combine(small.Folder, "report");

        // Without slos/ there is nothing to measure against: that is the verdict, known as soon as the platform runs.
        var outcome = await DrillSession.RunAsync(
            NothingBroken(),
            new DrillSessionOptions { Platform = small.Options(), ReportFolder = report },
            new Interrupter(phase, stop),
            TimeProvider.System,
            stop.Token);

        Assert.True(stop.IsCancellationRequested);
        Assert.Equal((DrillStatus.Failed, 3), (outcome.Status, outcome.ExitCode));
        Assert.Contains("slos", outcome.Reason, StringComparison.Ordinal);
        Assert.Equal("failed", JsonElement.Parse(await File.ReadAllTextAsync(Path.Combine(report, "summary.json"), TestContext.Current.CancellationToken)).GetProperty("status").GetString());
        Assert.All(["report.md", "report.html"], name => Assert.True(File.Exists(Path.Combine(report, name)), name));
        Assert.Equal([(DrillPhase.Report, true), (DrillPhase.Stop, true)], outcome.Record.Phases.TakeLast(2).Select(p => (p.Phase, p.Succeeded)));
        Assert.Empty(small.Children());
    }

    private static Drill NothingBroken() => new()
    {
        Name = "nothing",
        File = "nothing.yaml",
        Experiment = new Experiment { Title = "t", Description = "d", Source = (MappingNode)YamlDocument.Parse("title: t\ndescription: d\nmethod: []\n") },
        Traffic = new DrillTraffic(1, TimeSpan.FromSeconds(1), 1, null),
    };

    /// <summary>The operator who presses Ctrl-C as soon as a phase is told.</summary>
    private sealed class Interrupter(DrillPhase phase, CancellationTokenSource stop) : IProgress<DrillProgress>
    {
        public void Report(DrillProgress value)
        {
            if (value.Phase == phase)
            {
                stop.Cancel();
            }
        }
    }
}
