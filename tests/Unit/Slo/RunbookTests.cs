using System.Text.RegularExpressions;
using Back2Code.Slo;
using Back2Code.UnitTests.Architecture;

namespace Back2Code.UnitTests.Slo;

/// <summary>No alert without a runbook, no runbook without an alert.</summary>
public sealed partial class RunbookTests
{
    private static readonly string[] s_parts = ["Meaning", "User impact", "First step", "Diagnosis", "Fix", "Drill"];

    [Fact]
    public void Every_alert_has_a_runbook_and_every_runbook_an_alert() => Assert.Equal(Alerts().Order(), Runbooks().Keys.Order());

    [Fact]
    public void Every_runbook_has_all_parts_in_order() =>
        Assert.All(Runbooks(), runbook => Assert.Equal(s_parts, PartName().Matches(runbook.Value).Select(m => m.Groups[1].Value)));

    [Fact]
    public void Every_hand_written_alert_links_to_its_runbook()
    {
        string rules = File.ReadAllText(PlatformRules);

        Assert.All(HandWrittenAlerts(), alert => Assert.Contains($"runbook: docs/runbooks/alerts.md#{alert}\n", rules, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void Every_drill_that_a_runbook_names_exists_or_is_marked_as_planned()
    {
        string drills = Path.Combine(Repository.Root, "drills");
        var named = DrillName().Matches(File.ReadAllText(RunbookFile)).Select(m => m.Groups[1].Value).Distinct();

        Assert.SkipUnless(Directory.Exists(drills), "There are no drills in this tree yet.");
        Assert.All(named, name => Assert.True(File.Exists(Path.Combine(drills, name + ".yaml")), name));
    }

    private static string PlatformRules => Path.Combine(Repository.Root, "deploy", "prometheus", "rules", "platform.yaml");

    private static string RunbookFile => Path.Combine(Repository.Root, "docs", "runbooks", "alerts.md");

    private static IEnumerable<string> Alerts() =>
        PrometheusRules.AlertNames(SloFiles.Load(Path.Combine(Repository.Root, "slos"))).Concat(HandWrittenAlerts());

    private static IEnumerable<string> HandWrittenAlerts() => AlertName().Matches(File.ReadAllText(PlatformRules)).Select(m => m.Groups[1].Value);

    private static Dictionary<string, string> Runbooks() =>
        File.ReadAllText(RunbookFile).Split("\n## ").Skip(1).ToDictionary(section => section.Split('\n')[0].Trim());

    [GeneratedRegex(@"^\s*- alert: (\w+)", RegexOptions.Multiline)]
    private static partial Regex AlertName();

    [GeneratedRegex(@"^\*\*([^*]+)\.\*\*", RegexOptions.Multiline)]
    private static partial Regex PartName();

    [GeneratedRegex(@"drill run ([a-z-]+)")]
    private static partial Regex DrillName();
}
