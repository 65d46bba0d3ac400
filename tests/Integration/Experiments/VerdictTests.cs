using System.Text.Json.Nodes;
using Back2Code.Chaos.Experiments;

namespace Back2Code.IntegrationTests.Experiments;

/// <summary>The table of verdicts, cell by cell: the same experiments as the reference ends them, and as we do.</summary>
public sealed class VerdictTests(ExperimentServer server) : IClassFixture<ExperimentServer>, IDisposable
{
    private const string Good = "{type: probe, name: p, tolerance: 200, provider: {type: http, url: '${url}/json'}}";
    private const string Missing = "{type: probe, name: p, tolerance: 200, provider: {type: http, url: '${url}/status/503'}}";
    private const string Refusing = "{type: probe, name: p, tolerance: 200, provider: {type: http, url: 'http://127.0.0.1:1/'}}";
    private const string NoFlag = "{type: probe, name: p, tolerance: false, provider: {type: python, module: os.path, func: exists, arguments: {path: '${flag}'}}}";

    /// <summary>Answers while the flag is not there, and gives no answer once it is.</summary>
    private const string AnswersUntilFlag = "{type: probe, name: p, tolerance: 0, provider: {type: process, path: sh, arguments: \"-c '[ ! -e ${flag} ] || sleep 30'\", timeout: 0.3}}";

    private const string Nothing = "{type: action, name: a, provider: {type: process, path: 'true'}}";
    private const string SetFlag = "{type: action, name: a, provider: {type: process, path: touch, arguments: ['${flag}']}}";
    private const string Fails = "{type: action, name: a, provider: {type: http, url: 'http://127.0.0.1:1/'}}";
    private const string BadAnswer = "{type: action, name: a, provider: {type: process, path: 'false'}}";

    private readonly ExperimentBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData("all good", Good, Nothing, "default", "completed", false, true, true, 0)]
    [InlineData("missed before", Missing, Nothing, "default", "completed", false, false, true, 0)]
    [InlineData("no answer before", Refusing, Nothing, "default", "failed", false, false, false, 1)]
    [InlineData("missed after", NoFlag, SetFlag, "default", "completed", true, true, true, 1)]
    [InlineData("no answer after", AnswersUntilFlag, SetFlag, "default", "failed", true, true, false, 1)]
    [InlineData("failed activity", Good, Fails, "default", "completed", false, true, true, 0)]
    [InlineData("bad answer", Good, BadAnswer, "default", "completed", false, true, true, 0)]
    [InlineData("missed during only", Missing, Nothing, "during-method-only", "completed", false, true, true, 0)]
    [InlineData("missed but only asked after", Missing, Nothing, "after-method-only", "completed", true, true, true, 1)]
    [InlineData("missed but only asked before", NoFlag, SetFlag, "before-method-only", "completed", false, true, true, 0)]
    [InlineData("missed but never asked", Missing, Nothing, "skip", "completed", false, true, true, 0)]
    public async Task The_reference_ends_it_like_this(string situation, string probe, string activity, string strategy, string status, bool deviated, bool methodRuns, bool rollsBack, int exitCode)
    {
        Assert.NotEmpty(situation);
        var (outcome, journal) = await RunAsync(probe, activity, new ExperimentOptions { Compat = true, Hypothesis = Strategies.Hypothesis(strategy) });

        Assert.Equal(
            (status, deviated, methodRuns, rollsBack, exitCode),
            (journal["status"]!.GetValue<string>(), journal["deviated"]!.GetValue<bool>(), journal["run"]!.AsArray().Count > 0, journal["rollbacks"]!.AsArray().Count > 0, outcome.ExitCode));
        Assert.False(journal.ContainsKey("back2code"));
    }

    [Theory]
    [InlineData("all good", Good, Nothing, "default", 0, "completed", false, true, true)]
    [InlineData("missed before", Missing, Nothing, "default", 3, "failed", false, false, false)]
    [InlineData("no answer before", Refusing, Nothing, "default", 3, "failed", false, false, false)]
    [InlineData("missed after", NoFlag, SetFlag, "default", 1, "completed", true, true, true)]
    [InlineData("no answer after", AnswersUntilFlag, SetFlag, "default", 1, "completed", true, true, true)]
    [InlineData("failed action", Good, Fails, "default", 4, "completed", false, true, true)]
    [InlineData("bad answer", Good, BadAnswer, "default", 0, "completed", false, true, true)]
    [InlineData("missed after, asked only after", NoFlag, SetFlag, "after-method-only", 1, "completed", true, true, true)]
    public async Task We_end_it_like_this(string situation, string probe, string activity, string strategy, int exitCode, string status, bool deviated, bool methodRuns, bool rollsBack)
    {
        Assert.NotEmpty(situation);
        var (outcome, journal) = await RunAsync(probe, activity, new ExperimentOptions { Hypothesis = Strategies.Hypothesis(strategy) });

        Assert.Equal(
            (exitCode, status, deviated, methodRuns, rollsBack),
            (outcome.ExitCode, journal["status"]!.GetValue<string>(), journal["deviated"]!.GetValue<bool>(), journal["run"]!.AsArray().Count > 0, journal["rollbacks"]!.AsArray().Count > 0));
        Assert.Equal(outcome.ExitCode, journal["back2code"]!["exitCode"]!.GetValue<int>());
        Assert.Equal(exitCode == 0, outcome.Reason is null);
    }

    [Theory]
    [InlineData(true, "default", false)]
    [InlineData(true, "always", true)]
    [InlineData(true, "never", false)]
    [InlineData(false, "default", true)]
    [InlineData(false, "always", true)]
    [InlineData(false, "never", false)]
    public async Task After_an_interrupt_rollbacks_are_played_by_their_strategy(bool compat, string strategy, bool rollsBack)
    {
        using var stop = new CancellationTokenSource();
        var running = RunAsync(
            Good, "{type: action, name: a, provider: {type: process, path: sh, arguments: \"-c 'touch ${flag}; exec sleep 60'\"}}", new ExperimentOptions { Compat = compat, Rollback = Strategies.Rollback(strategy) }, stop.Token);
        await Servers.Eventually.IsTrueAsync(() => File.Exists(_bench.At("flag")), TimeSpan.FromSeconds(20), "the method runs");

        await stop.CancelAsync();
        var (outcome, journal) = await running;

        Assert.Equal(("interrupted", compat ? 1 : 130), (journal["status"]!.GetValue<string>(), outcome.ExitCode));
        Assert.Equal(rollsBack, journal["rollbacks"]!.AsArray().Count > 0);
    }

    [Theory]
    [InlineData(Good, Nothing, false)]
    [InlineData(NoFlag, SetFlag, true)]
    public async Task Rollbacks_for_deviations_only_are_played_then_only(string probe, string activity, bool rollsBack)
    {
        foreach (var compat in new[] { true, false })
        {
            File.Delete(_bench.At("flag"));
            var (_, journal) = await RunAsync(probe, activity, new ExperimentOptions { Compat = compat, Rollback = RollbackStrategy.Deviated });

            Assert.Equal(rollsBack, journal["rollbacks"]!.AsArray().Count > 0);
        }
    }

    private Task<(ExperimentOutcome Outcome, JsonObject Journal)> RunAsync(string probe, string activity, ExperimentOptions options, CancellationToken? cancellationToken = null) => _bench.RunAsync(
        $$$$"""
        steady-state-hypothesis: {title: h, probes: [{{{{probe}}}}]}
        method: [{{{{activity}}}}]
        rollbacks: [{type: action, name: undo, provider: {type: process, path: rm, arguments: [-f, "${flag}"]}}]
        """,
        server,
        options,
        cancellationToken);
}
