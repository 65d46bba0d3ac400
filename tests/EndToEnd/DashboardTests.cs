using System.Text.Json;
using System.Text.RegularExpressions;

namespace Back2Code.EndToEndTests;

/// <summary>What people see in Grafana: every query of every dashboard, on a platform that serves users.</summary>
[Collection(RunningPlatform.Shared)]
public sealed partial class DashboardTests(RunningPlatform platform)
{
    // Health checks take up to 5 s, recordings of long windows some rounds more.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Every_query_of_every_dashboard_returns_series()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        using var reports = new TemporaryFolder();
        await using var users = RunningCommand.Start("drill", "run", "no-fault", "--duration", "10s", "--state", platform.State, "--report", reports.Path);
        await users.WaitAsync(TimeSpan.FromSeconds(120), cancellationToken);
        var status = await platform.StatusAsync(cancellationToken);
        using var http = new HttpClient { BaseAddress = new Uri(status.GetProperty("endpoints").GetProperty("prometheus").GetString() + "/") };

        var empty = Queries().ToList();
        Assert.True(empty.Count > 100, "The dashboards were not found.");
        var deadline = TimeProvider.System.GetTimestamp();
        while (empty.Count > 0 && TimeProvider.System.GetElapsedTime(deadline) < Patience)
        {
            var answers = await Task.WhenAll(empty.Select(async q => (Query: q, HasSeries: await HasSeriesAsync(http, q.Expression, cancellationToken))));
            empty = [.. answers.Where(a => !a.HasSeries).Select(a => a.Query)];
            if (empty.Count > 0)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
            }
        }

        Assert.True(empty.Count == 0, "No series for:\n" + string.Join('\n', empty.Select(q => $"{q.Dashboard}: {q.Expression}")));
    }

    private static async Task<bool> HasSeriesAsync(HttpClient prometheus, string expression, CancellationToken cancellationToken)
    {
        using var response = await prometheus.GetAsync(new Uri("api/v1/query?query=" + Uri.EscapeDataString(expression), UriKind.Relative), cancellationToken);
        using var answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync(cancellationToken));
        Assert.True(answer.RootElement.GetProperty("status").GetString() == "success", $"{expression}\n{answer.RootElement}");
        return answer.RootElement.GetProperty("data").GetProperty("result").GetArrayLength() > 0;
    }

    private static IEnumerable<(string Dashboard, string Expression)> Queries() =>
        from file in Directory.GetFiles(Path.Combine(Repository.Root, "deploy", "grafana", "dashboards"), "*.json").Order(StringComparer.Ordinal)
        from expression in Expressions(file)
        select (Path.GetFileNameWithoutExtension(file), expression);

    /// <summary>Of panels, as Grafana would send them with all values chosen, and of variables: the metric whose labels they offer.</summary>
    private static List<string> Expressions(string file)
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllText(file));
        var panels = dashboard.RootElement.GetProperty("panels").EnumerateArray().Where(p => p.TryGetProperty("targets", out _))
            .SelectMany(p => p.GetProperty("targets").EnumerateArray()).Select(t => t.GetProperty("expr").GetString()!);
        var variables = dashboard.RootElement.GetProperty("templating").GetProperty("list").EnumerateArray()
            .Where(v => v.GetProperty("type").GetString() == "query").Select(v => LabelValues().Match(v.GetProperty("definition").GetString()!).Groups[1].Value);
        return [.. panels.Concat(variables).Select(Filled).Distinct()];
    }

    private static string Filled(string expression) => Variable().Replace(expression.Replace("$__rate_interval", "1m", StringComparison.Ordinal), ".*");

    [GeneratedRegex(@"\$\w+")]
    private static partial Regex Variable();

    [GeneratedRegex(@"^label_values\((.+), \w+\)$")]
    private static partial Regex LabelValues();
}
