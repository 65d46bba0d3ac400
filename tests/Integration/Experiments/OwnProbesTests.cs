using System.Text.Json.Nodes;
using Back2Code.Chaos.Experiments;
using Back2Code.IntegrationTests.Servers;

namespace Back2Code.IntegrationTests.Experiments;

/// <summary>The probes that the reference does not have.</summary>
public sealed class OwnProbesTests(ExperimentServer server) : IClassFixture<ExperimentServer>, IDisposable
{
    private readonly ExperimentBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData("query: up", "succeeded", "1")]
    [InlineData("query: 1 + 1", "succeeded", "2")]
    [InlineData("query: absent", "succeeded", null)]
    [InlineData("query: nan", "succeeded", "\"NaN\"")]
    [InlineData("query: two", "failed", "gives 2 series")]
    [InlineData("query: broken(", "failed", "parse error")]
    [InlineData("query: up, prometheus: '${url}/json'", "failed", "no Prometheus")]
    [InlineData("query: up, prometheus: 'http://127.0.0.1:1'", "failed", "refused")]
    [InlineData("query: up, prometheus: '${nobody}'", "failed", "--var prometheus=")]
    public async Task Promql_gives_one_number_or_says_why_not(string provider, string status, string? result)
    {
        server.Samples["up"] = 1;

        var run = await ProbeAsync($"{{type: promql, {provider}}}");

        Assert.Equal(status, run["status"]!.GetValue<string>());
        if (status == "succeeded")
        {
            Assert.Equal(result, run["output"]?.ToJsonString());
        }
        else
        {
            Assert.Contains(result!, run["exception"]![0]!.GetValue<string>(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("slo: notes-availability", "slo:error_budget_remaining:ratio{slo=\"notes-availability\"}")]
    [InlineData("slo: notes-availability, measure: burn-rate, window: 1h", "slo:burn_rate:ratio1h{slo=\"notes-availability\"}")]
    public async Task Slo_reads_the_recorded_series(string provider, string query)
    {
        server.Samples[query] = 0.75;

        Assert.Equal("0.75", (await ProbeAsync($"{{type: slo, {provider}}}"))["output"]!.ToJsonString());
    }

    [Fact]
    public async Task A_range_judges_a_number_from_prometheus()
    {
        server.Samples["ratio"] = 0.004;

        var (good, _) = await _bench.RunAsync(Hypothesis("[0, 0.01]"), server);
        var (bad, _) = await _bench.RunAsync(Hypothesis("[0.01, 1]"), server);

        Assert.Equal((0, 3), (good.ExitCode, bad.ExitCode));

        static string Hypothesis(string tolerance) =>
            $"steady-state-hypothesis: {{title: h, probes: [{{type: probe, name: p, tolerance: {tolerance}, provider: {{type: promql, query: ratio}}}}]}}\nmethod: []";
    }

    [Fact]
    public async Task Sql_gives_a_value_or_rows_and_cannot_write()
    {
        await using var postgres = await PostgresServer.StartAsync();
        var connection = await postgres.CreateDatabaseAsync("s");

        Assert.Equal("2", (await AskAsync("SELECT count(*) FROM (VALUES (1), (2)) AS t"))["output"]!.ToJsonString());
        Assert.Equal("""[{"a":1,"b":"x"},{"a":null,"b":"y"}]""", (await AskAsync("SELECT * FROM (VALUES (1, 'x'), (NULL, 'y')) AS t(a, b)"))["output"]!.ToJsonString());
        Assert.Contains("read-only transaction", (await AskAsync("CREATE TABLE t (a int)"))["exception"]![0]!.GetValue<string>(), StringComparison.Ordinal);
        foreach (var escape in new[] { "COMMIT; CREATE TABLE t (a int)", "SELECT 1; COMMIT; CREATE TABLE t (a int)", "SET TRANSACTION READ WRITE; CREATE TABLE t (a int)" })
        {
            Assert.NotNull((await AskAsync(escape))["exception"]);
            Assert.Equal("true", (await AskAsync("SELECT to_regclass('t') IS NULL"))["output"]!.ToJsonString());
        }

        Assert.Contains("no answer within 0.2 s", (await AskAsync("SELECT pg_sleep(20)", timeout: 0.2))["exception"]![0]!.GetValue<string>(), StringComparison.Ordinal);
        var journal = await AskAsync("SELECT 1");
        Assert.DoesNotContain("test-only", journal.ToJsonString(), StringComparison.Ordinal);

        async Task<JsonObject> AskAsync(string query, double timeout = 20)
        {
            var run = await ProbeAsync($"{{type: sql, connection: \"${{dsn}}\", query: \"{query}\", timeout: {timeout.ToString(System.Globalization.CultureInfo.InvariantCulture)}, secrets: [db]}}", $"secrets: {{db: {{dsn: \"{connection}\"}}}}\n");
            return run;
        }
    }

    [Fact]
    public async Task Sql_without_a_server_fails_and_says_so()
    {
        var run = await ProbeAsync("{type: sql, connection: \"Host=127.0.0.1;Port=1;Username=x;Timeout=2\", query: SELECT 1}");

        Assert.StartsWith("PostgreSQL: ", run["exception"]![0]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Log_counts_the_lines_that_the_run_brought()
    {
        await File.WriteAllTextAsync(_bench.At("x.log"), "ERROR before\nfine\n");

        var (_, journal) = await _bench.RunAsync(
            """
            method:
              - {type: probe, name: none, provider: {type: log, path: "${folder}/x.log", pattern: ERROR}}
              - {type: action, name: write, provider: {type: process, path: sh, arguments: "-c 'echo ERROR now >> ${folder}/x.log; echo fine >> ${folder}/x.log'"}}
              - {type: probe, name: one, provider: {type: log, path: "${folder}/x.log", pattern: ^ERROR, output: lines}}
              - {type: probe, name: whole, provider: {type: log, path: "${folder}/x.log", pattern: ERROR, since: begin}}
              - {type: action, name: rotate, provider: {type: process, path: sh, arguments: "-c 'echo ERROR > ${folder}/x.log'"}}
              - {type: probe, name: rotated, provider: {type: log, path: "${folder}/x.log", pattern: ERROR}}
              - {type: probe, name: absent, provider: {type: log, path: "${folder}/none.log", pattern: ERROR}}
            """,
            server);

        var outputs = journal["run"]!.AsArray().Where(r => r!["activity"]!["type"]!.GetValue<string>() == "probe").Select(r => r!["output"]?.ToJsonString()).ToList();
        Assert.Equal(["0", "[\"ERROR now\"]", "2", "1", null], outputs);
    }

    private async Task<JsonObject> ProbeAsync(string provider, string before = "")
    {
        var (_, journal) = await _bench.RunAsync($"{before}method: [{{type: probe, name: p, provider: {provider}}}]", server);
        return journal["run"]![0]!.AsObject();
    }
}
