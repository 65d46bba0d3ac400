using System.Text.RegularExpressions;
using Back2Code.Slo;
using Back2Code.UnitTests.Architecture;

namespace Back2Code.UnitTests.Slo;

/// <summary>No alert without a runbook, no runbook without an alert.</summary>
public sealed partial class RunbookTests
{
    private static readonly string[] Parts = ["Meaning", "User impact", "First step", "Diagnosis", "Fix", "Drill"];

    [Fact]
    public void Every_alert_has_a_runbook_and_every_runbook_an_alert() => Assert.Equal(Alerts().Order(), Runbooks().Keys.Order());

    [Fact]
    public void Every_runbook_has_all_parts_in_order() =>
        Assert.All(Runbooks(), runbook => Assert.Equal(Parts, PartName().Matches(runbook.Value).Select(m => m.Groups[1].Value)));

    [Fact]
    public void Every_link_in_the_runbooks_leads_somewhere()
    {
        var anchors = Files.ToDictionary(file => Path.GetFileName(file), file => HeadingText().Matches(File.ReadAllText(file)).Select(m => Anchor(m.Groups[1].Value)).ToHashSet());

        Assert.All(Files, file => Assert.All(LinkTarget().Matches(File.ReadAllText(file)).Select(m => m.Groups), link =>
            Assert.Contains(link[2].Value, anchors[link[1].Length > 0 ? link[1].Value : Path.GetFileName(file)])));
    }

    /// <summary>So that the test which has promtool parse the blocks sees every query there is.</summary>
    [Fact]
    public void Every_query_stands_in_a_block_of_promql() =>
        Assert.All(Files, file => Assert.DoesNotMatch(@"`[^`\n]*(\[\d+[smhd]\]|\{\w+(=|!=)|\b(rate|sum|histogram_quantile)\b ?\()[^`\n]*`", CodeBlock().Replace(File.ReadAllText(file), "")));

    [Fact]
    public void Every_hand_written_alert_links_to_its_runbook()
    {
        string rules = File.ReadAllText(PlatformRules);

        Assert.All(HandWrittenAlerts(), alert => Assert.Contains($"runbook: docs/runbooks/alerts.md#{alert}\n", rules, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void Every_drill_that_a_runbook_names_exists_and_every_drill_with_a_fault_is_named()
    {
        string[] drills = [.. Directory.GetFiles(Path.Combine(Repository.Root, "drills"), "*.yaml").Select(f => Path.GetFileNameWithoutExtension(f))];

        var named = DrillName().Matches(string.Join('\n', Files.Select(File.ReadAllText))).Select(m => m.Groups[1].Value).Distinct();

        Assert.Equal(drills.Except(["no-fault"]).Order(), named.Order());
    }

    // No rule can tell that rules no longer tell.
    private const string RaisedByMonitoring = "MonitoringBlind";

    private static string PlatformRules => Path.Combine(Repository.Root, "deploy", "prometheus", "rules", "platform.yaml");

    private static string RunbookFile => Path.Combine(Repository.Root, "docs", "runbooks", "alerts.md");

    private static string[] Files => [RunbookFile, Path.Combine(Repository.Root, "docs", "runbooks", "procedures.md")];

    /// <summary>The last one is raised by the monitoring service itself: when it is due, Prometheus cannot tell.</summary>
    private static IEnumerable<string> Alerts() =>
        PrometheusRules.AlertNames(SloFiles.Load(Path.Combine(Repository.Root, "slos"))).Concat(HandWrittenAlerts()).Append(RaisedByMonitoring);

    private static IEnumerable<string> HandWrittenAlerts() => AlertName().Matches(File.ReadAllText(PlatformRules)).Select(m => m.Groups[1].Value);

    /// <summary>Alerts of one family share a text: their headings stand above it one after the other.</summary>
    private static Dictionary<string, string> Runbooks()
    {
        var runbooks = new Dictionary<string, string>();
        var waiting = new List<string>();
        foreach (string section in File.ReadAllText(RunbookFile).Split("\n## ").Skip(1))
        {
            string[] parts = section.Split('\n', 2);
            waiting.Add(parts[0].Trim());
            if (parts[1].Trim().Length > 0)
            {
                waiting.ForEach(name => runbooks.Add(name, parts[1]));
                waiting.Clear();
            }
        }

        Assert.Empty(waiting);
        return runbooks;
    }

    private static string Anchor(string heading) => heading.Trim().ToLowerInvariant().Replace(' ', '-');

    [GeneratedRegex(@"^\s*- alert: (\w+)", RegexOptions.Multiline)]
    private static partial Regex AlertName();

    [GeneratedRegex(@"^\*\*([^*]+)\.\*\*", RegexOptions.Multiline)]
    private static partial Regex PartName();

    [GeneratedRegex(@"drill run ([a-z-]+)")]
    private static partial Regex DrillName();

    [GeneratedRegex(@"^## (.+)$", RegexOptions.Multiline)]
    private static partial Regex HeadingText();

    [GeneratedRegex(@"\]\(([a-z]+\.md)?#([a-z-]+)\)")]
    private static partial Regex LinkTarget();

    [GeneratedRegex(@"^ *```\w+\n.*?^ *```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CodeBlock();
}
