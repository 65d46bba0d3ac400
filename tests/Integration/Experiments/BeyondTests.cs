using Back2Code.Chaos.Experiments;

namespace Back2Code.IntegrationTests.Experiments;

/// <summary>What the extension <c>back2code</c> adds: patience, judged activities, the way back, stop conditions, limits.</summary>
public sealed class BeyondTests(ExperimentServer server) : IClassFixture<ExperimentServer>, IDisposable
{
    private const string Budget = "slo:error_budget_remaining:ratio{slo=\"shop\"}";
    private const string Alert = "count(ALERTS{alertname=\"TooMuch\",alertstate=\"firing\"}) or vector(0)";

    private readonly ExperimentBench _bench = new();

    public void Dispose()
    {
        server.Samples.Clear();
        _bench.Dispose();
    }

    [Theory]
    [InlineData("10s", 0)]
    [InlineData("0s", 3)]
    public async Task A_probe_may_be_given_time(string within, int exitCode)
    {
        var (outcome, journal) = await _bench.RunAsync(
            $$$$"""
            steady-state-hypothesis: {title: h, probes: [{type: probe, name: p, tolerance: 200, provider: {type: http, url: "${url}/ready/{{{{Guid.NewGuid()}}}}/3"}}]}
            method: []
            extensions: [{name: back2code, activities: {p: {within: {{{{within}}}}, every: 10ms}}}]
            """,
            server);

        Assert.Equal(exitCode, outcome.ExitCode);
        Assert.Equal(exitCode == 0 ? 4 : 1, journal["steady_states"]!["before"]!["probes"]![0]!["back2code"]!["looks"]!.GetValue<int>());
    }

    [Theory]
    [InlineData("probe", "200", "'${url}/json'", 0)]
    [InlineData("probe", "200", "'${url}/status/500'", 1)]
    [InlineData("probe", "200", "'http://127.0.0.1:1/'", 1)]
    [InlineData("action", "200", "'${url}/status/500'", 4)]
    public async Task An_activity_of_the_method_is_judged_when_the_extension_names_it(string type, string tolerance, string url, int exitCode)
    {
        var (outcome, journal) = await _bench.RunAsync(
            $$$$"""
            method: [{type: {{{{type}}}}, name: a, provider: {type: http, url: {{{{url}}}}}}]
            extensions: [{name: back2code, activities: {a: {tolerance: {{{{tolerance}}}}}}}]
            """,
            server);

        Assert.Equal(exitCode, outcome.ExitCode);
        Assert.Equal(exitCode == 1, journal["deviated"]!.GetValue<bool>());
    }

    [Fact]
    public async Task A_probe_of_the_method_waits_for_what_the_action_brings()
    {
        var (outcome, journal) = await _bench.RunAsync(
            """
            method:
              - {type: action, name: later, background: true, provider: {type: process, path: sh, arguments: "-c 'sleep 0.2; touch ${flag}'"}}
              - {type: probe, name: there, tolerance: true, provider: {type: python, module: os.path, func: exists, arguments: {path: "${flag}"}}}
            extensions: [{name: back2code, activities: {there: {within: 20s, every: 20ms, for: 100ms}}}]
            """,
            server);

        Assert.Equal(0, outcome.ExitCode);
        Assert.True(journal["run"]![1]!["tolerance_met"]!.GetValue<bool>());
        Assert.True(journal["run"]![1]!["back2code"]!["looks"]!.GetValue<int>() > 2);
    }

    [Fact]
    public async Task After_the_rollbacks_the_steady_state_must_return_and_the_time_is_measured()
    {
        var (outcome, journal) = await _bench.RunAsync(Restore("sh", "-c '(sleep 0.3; rm ${flag}) >/dev/null 2>&1 &'", "10s"), server);

        var restored = journal["back2code"]!["restored"]!;
        Assert.Equal(ExperimentVerdict.Deviated, outcome.Verdict);
        Assert.True(restored["met"]!.GetValue<bool>());
        Assert.InRange(restored["secondsAfterRollbacks"]!.GetValue<double>(), 0.1, 9);
        Assert.True(restored["secondsAfterMethod"]!.GetValue<double>() >= restored["secondsAfterRollbacks"]!.GetValue<double>());
    }

    [Fact]
    public async Task A_steady_state_that_does_not_return_is_worse_than_a_deviation()
    {
        var (outcome, journal) = await _bench.RunAsync(Restore("true", "''", "100ms"), server);

        Assert.Equal(5, outcome.ExitCode);
        Assert.Contains("did not return", outcome.Reason, StringComparison.Ordinal);
        Assert.False(journal["back2code"]!["restored"]!["met"]!.GetValue<bool>());
    }

    [Theory]
    [InlineData("{alert: TooMuch}", "alert TooMuch fires")]
    [InlineData("{budget: shop, burnt: 0.25}", "25 % of the error budget of shop burnt")]
    public async Task A_stop_condition_ends_the_method_at_once_and_plays_the_rollbacks(string condition, string reason)
    {
        server.Samples[Alert] = 0;
        server.Samples[Budget] = 0.9;
        var running = _bench.RunAsync(LongMethod(condition), server);
        await Servers.Eventually.IsTrueAsync(() => File.Exists(_bench.At("flag")), TimeSpan.FromSeconds(20), "the method runs");

        server.Samples[Alert] = 1;
        server.Samples[Budget] = 0.6;
        var (outcome, journal) = await running;

        Assert.Equal((1, $"stopped: {reason}"), (outcome.ExitCode, outcome.Reason));
        Assert.Equal("interrupted", journal["status"]!.GetValue<string>());
        Assert.False(File.Exists(_bench.At("flag")));
    }

    [Fact]
    public async Task Nothing_is_broken_when_a_stop_condition_is_met_before_or_cannot_be_watched()
    {
        server.Samples[Alert] = 1;
        var (met, _) = await _bench.RunAsync(LongMethod("{alert: TooMuch}"), server);
        var (unknown, _) = await _bench.RunAsync(LongMethod("{budget: nobody, burnt: 0.1}"), server);

        Assert.Equal((3, 3), (met.ExitCode, unknown.ExitCode));
        Assert.Contains("met before the method", met.Reason, StringComparison.Ordinal);
        Assert.Contains("no error budget of 'nobody'", unknown.Reason, StringComparison.Ordinal);
        Assert.False(File.Exists(_bench.At("flag")));
    }

    [Fact]
    public async Task A_time_limit_ends_the_run_with_its_rollbacks()
    {
        var (outcome, journal) = await _bench.RunAsync(
            """
            method: [{type: action, name: long, provider: {type: process, path: sleep, arguments: ["60"]}}]
            rollbacks: [{type: action, name: mend, provider: {type: process, path: "true"}}]
            """,
            server,
            new ExperimentOptions { TimeLimit = TimeSpan.FromMilliseconds(300) });

        Assert.Equal((4, "aborted"), (outcome.ExitCode, journal["status"]!.GetValue<string>()));
        Assert.Single(journal["rollbacks"]!.AsArray());
    }

    [Fact]
    public async Task A_drill_is_not_run_without_its_faults()
    {
        var error = await Assert.ThrowsAsync<InvalidExperimentException>(() => _bench.RunAsync("method: []\nextensions: [{name: back2code, faults: []}]", server));
        var compat = await _bench.RunAsync("method: []\nextensions: [{name: back2code, faults: []}]", server, new ExperimentOptions { Compat = true });

        Assert.Contains("drill run", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, compat.Outcome.ExitCode);
    }

    private static string Restore(string program, string arguments, string within) => $$$$"""
        steady-state-hypothesis: {title: h, probes: [{type: probe, name: p, tolerance: false, provider: {type: python, module: os.path, func: exists, arguments: {path: "${flag}"}}}]}
        method: [{type: action, name: break, provider: {type: process, path: touch, arguments: ["${flag}"]}}]
        rollbacks: [{type: action, name: mend, provider: {type: process, path: {{{{(program == "true" ? "'true'" : program)}}}}, arguments: "{{{{arguments}}}}"}}]
        extensions: [{name: back2code, restore: {within: {{{{within}}}}, every: 20ms}}]
        """;

    private static string LongMethod(string condition) => $$$$"""
        method: [{type: action, name: long, provider: {type: process, path: sh, arguments: "-c 'touch ${flag}; exec sleep 60'"}}]
        rollbacks: [{type: action, name: mend, provider: {type: process, path: rm, arguments: ["${flag}"]}}]
        extensions: [{name: back2code, stop: [{{{{condition}}}}]}]
        """;
}
