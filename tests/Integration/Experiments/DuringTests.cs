using Back2Code.Chaos.Experiments;

namespace Back2Code.IntegrationTests.Experiments;

/// <summary>The hypothesis beside the method.</summary>
public sealed class DuringTests(ExperimentServer server) : IClassFixture<ExperimentServer>, IDisposable
{
    private const string Probe = "steady-state-hypothesis: {title: h, probes: [{type: probe, name: p, tolerance: false, provider: {type: python, module: os.path, func: exists, arguments: {path: '${flag}'}}}]}";

    private const string BreaksAndMends = """
        method:
          - {type: action, name: break, pauses: {after: 0.5}, provider: {type: process, path: touch, arguments: ["${flag}"]}}
          - {type: action, name: mend, pauses: {after: 0.3}, provider: {type: process, path: rm, arguments: ["${flag}"]}}
        """;

    private static readonly ExperimentOptions Often = new() { Hypothesis = HypothesisStrategy.Continuously, HypothesisFrequency = TimeSpan.FromMilliseconds(20) };

    private readonly ExperimentBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData(true, 0, false)]
    [InlineData(false, 1, true)]
    public async Task A_miss_in_the_middle_counts_for_us_and_not_for_the_reference(bool compat, int exitCode, bool deviated)
    {
        var (outcome, journal) = await _bench.RunAsync($"{Probe}\n{BreaksAndMends}", server, Often with { Compat = compat });

        var during = journal["steady_states"]!["during"]!.AsArray();
        Assert.Equal((exitCode, deviated), (outcome.ExitCode, journal["deviated"]!.GetValue<bool>()));
        Assert.Contains(during, d => d!["steady_state_met"]!.GetValue<bool>());
        Assert.Contains(during, d => !d!["steady_state_met"]!.GetValue<bool>());
        Assert.NotNull(journal["steady_states"]!["before"]);
        Assert.True(journal["steady_states"]!["after"]!["steady_state_met"]!.GetValue<bool>());
    }

    [Fact]
    public async Task During_only_is_neither_before_nor_after()
    {
        var (_, journal) = await _bench.RunAsync($"{Probe}\n{BreaksAndMends}", server, Often with { Hypothesis = HypothesisStrategy.DuringOnly });

        Assert.Null(journal["steady_states"]!["before"]);
        Assert.Null(journal["steady_states"]!["after"]);
        Assert.NotEmpty(journal["steady_states"]!["during"]!.AsArray());
    }

    [Theory]
    [InlineData(true, "failed", 0)]
    [InlineData(false, "failed", 1)]
    public async Task Failing_fast_leaves_out_the_rest_of_the_method(bool compat, string status, int rollbacks)
    {
        var (outcome, journal) = await _bench.RunAsync(
            $$"""
            {{Probe}}
            method:
              - {type: action, name: break, pauses: {after: 0.5}, provider: {type: process, path: touch, arguments: ["${flag}"]} }
              - {type: action, name: never, provider: {type: process, path: "true"} }
            rollbacks: [{type: action, name: mend, provider: {type: process, path: rm, arguments: [-f, "${flag}"]} }]
            """,
            server,
            Often with { Compat = compat, FailFast = true });

        Assert.Equal((1, status), (outcome.ExitCode, journal["status"]!.GetValue<string>()));
        Assert.Equal(["break"], journal["run"]!.AsArray().Select(r => r!["activity"]!["name"]!.GetValue<string>()));
        Assert.Equal(rollbacks, journal["rollbacks"]!.AsArray().Count);
    }

    [Fact]
    public async Task Failing_fast_waits_for_the_share_that_it_is_given()
    {
        var (_, journal) = await _bench.RunAsync($"{Probe}\n{BreaksAndMends}", server, Often with { FailFast = true, FailFastRatio = 100 });

        // The first check passes, so all of them can never miss.
        Assert.Equal(2, journal["run"]!.AsArray().Count);
    }
}
