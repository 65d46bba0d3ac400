using System.Text;
using System.Text.RegularExpressions;

namespace Back2Code.IntegrationTests.Slo;

/// <summary>A query that does not parse is found in the night in which it is needed, or here.</summary>
public sealed partial class RunbookQueryTests
{
    [Theory]
    [InlineData("alerts.md")]
    [InlineData("procedures.md")]
    public async Task Every_query_of_the_runbooks_parses(string file)
    {
        string[] queries = [.. Queries(await File.ReadAllTextAsync(Path.Combine(RunbookFolder(), file), TestContext.Current.CancellationToken))];
        string rules = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(rules, AsRules(queries), TestContext.Current.CancellationToken);

            await Promtool.RunAsync("check", "rules", rules);
        }
        finally
        {
            File.Delete(rules);
        }

        Assert.True(queries.Length > 5, "The blocks of PromQL were not found.");
    }

    /// <summary>Each line of a block is one query.</summary>
    internal static IEnumerable<string> Queries(string markdown) =>
        Block().Matches(markdown).SelectMany(block => block.Groups[1].Value.Split('\n')).Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#');

    private static string AsRules(string[] queries)
    {
        var rules = new StringBuilder("groups:\n  - name: runbooks\n    rules:\n");
        for (int i = 0; i < queries.Length; i++)
        {
            rules.Append("      - record: runbook:query:n").Append(i).Append("\n        expr: |-\n          ").Append(queries[i]).Append('\n');
        }

        return rules.ToString();
    }

    private static string RunbookFolder()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "topology.yaml")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return Path.Combine(folder!, "docs", "runbooks");
    }

    [GeneratedRegex(@"^ *```promql\n(.*?)^ *```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
