using System.Globalization;
using System.Text.RegularExpressions;

namespace Back2Code.IntegrationTests.Slo;

/// <summary>What is shipped for production is checked by Prometheus' own tool, and does not drift away from what the lab runs.</summary>
public sealed partial class ProductionPrometheusTests
{
    // 15 s instead of 1 s between samples; health checks every 5 min instead of every 5 s.
    private const int SampleScale = 15;
    private const int HealthScale = 60;

    private static string Folder => Path.Combine(Root(), "deploy", "prometheus");

    [Fact]
    public async Task The_configuration_with_its_rules_and_targets_is_valid() =>
        await Promtool.RunAsync("check", "config", Path.Combine(Folder, "production", "prometheus.yml"));

    [Fact]
    public void It_scrapes_the_jobs_of_the_lab()
    {
        string lab = File.ReadAllText(Path.Combine(Folder, "prometheus.yml"));
        string production = File.ReadAllText(Path.Combine(Folder, "production", "prometheus.yml"));

        Assert.Equal(Jobs(lab), Jobs(production));
    }

    /// <summary>To accept a change of the lab's rules, run it with BACK2CODE_UPDATE=1.</summary>
    [Fact]
    public void Its_rules_are_the_labs_with_ranges_for_its_interval()
    {
        string expected = ForProduction(File.ReadAllText(Path.Combine(Folder, "rules", "platform.yaml")));
        string path = Path.Combine(Folder, "production", "rules", "platform.yaml");
        if (Environment.GetEnvironmentVariable("BACK2CODE_UPDATE") == "1")
        {
            File.WriteAllText(path, expected);
        }

        Assert.Equal(expected, File.ReadAllText(path));
    }

    private static string ForProduction(string lab)
    {
        string rules = lab[lab.IndexOf("groups:", StringComparison.Ordinal)..];
        string[] alerts = BeforeAlert().Split(rules);
        return "# The rules of ../../rules/platform.yaml for samples every 15 s. A test keeps the two together; change that one.\n"
            + string.Concat(alerts.Select(alert => Span().Replace(alert, span => Scaled(span, alert.Contains("alert: HealthCheck", StringComparison.Ordinal) ? HealthScale : SampleScale))));
    }

    private static string Scaled(Match span, int scale)
    {
        int seconds = int.Parse(span.Groups[2].Value, CultureInfo.InvariantCulture) * (span.Groups[3].Value == "m" ? 60 : 1) * scale;
        return span.Groups[1].Value + (seconds % 60 == 0 ? $"{seconds / 60}m" : $"{seconds}s");
    }

    private static IEnumerable<string> Jobs(string text) => JobName().Matches(text).Select(m => m.Groups[1].Value);

    private static string Root()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "topology.yaml")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder!;
    }

    [GeneratedRegex(@"(\[|for: |interval: )(\d+)([sm])\b")]
    private static partial Regex Span();

    [GeneratedRegex("(?=^ *- alert: )", RegexOptions.Multiline)]
    private static partial Regex BeforeAlert();

    [GeneratedRegex(@"job_name: (\w+)")]
    private static partial Regex JobName();
}
