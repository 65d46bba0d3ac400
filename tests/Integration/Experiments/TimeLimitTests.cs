using System.Diagnostics;
using Back2Code.Chaos.Experiments;

namespace Back2Code.IntegrationTests.Experiments;

/// <summary>Whatever part of an experiment hangs, a run with a time limit ends.</summary>
public sealed class TimeLimitTests(ExperimentServer server) : IClassFixture<ExperimentServer>, IDisposable
{
    private const string Hangs = "{type: probe, name: p, tolerance: 0, provider: {type: process, path: sleep, arguments: ['60']}}";

    /// <summary>Ends at once until the flag is there, and never once it is.</summary>
    private const string HangsAfterFlag = "{type: probe, name: p, tolerance: 0, provider: {type: process, path: sh, arguments: \"-c '[ ! -e ${flag} ] || exec sleep 60'\"}}";

    private const string SetFlag = "{type: action, name: a, provider: {type: process, path: touch, arguments: ['${flag}']}}";
    private const string Undo = "{type: action, name: undo, provider: {type: process, path: rm, arguments: [-f, '${flag}']}}";
    private const string UndoHangs = "{type: action, name: undo, provider: {type: process, path: sleep, arguments: ['60']}}";

    // A run that is not ended takes a minute.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ExperimentBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_configuration_that_is_never_there_ends_the_run_before_anything_is_done(bool compat)
    {
        var start = Stopwatch.GetTimestamp();

        var error = await Assert.ThrowsAsync<ExperimentSettingsException>(() => RunAsync(
            $"configuration: {{x: {{type: probe, name: x, provider: {{type: process, path: sleep, arguments: ['60']}}}}}}\nmethod: [{SetFlag}]", compat));

        Assert.Contains("the time limit of the run; nothing was run", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_bench.At("flag")));
        Assert.True(Stopwatch.GetElapsedTime(start) < Patience);
    }

    [Theory]
    [InlineData(true, Hangs, SetFlag, 1, 0)]
    [InlineData(false, Hangs, SetFlag, 4, 0)]
    [InlineData(true, HangsAfterFlag, SetFlag, 1, 1)]
    [InlineData(false, HangsAfterFlag, SetFlag, 4, 1)]
    [InlineData(true, HangsAfterFlag, Hangs, 1, 1)]
    [InlineData(false, HangsAfterFlag, Hangs, 4, 1)]
    public async Task A_hypothesis_or_a_method_that_never_ends_is_ended_and_rolled_back(bool compat, string probe, string activity, int exitCode, int methodRan)
    {
        var start = Stopwatch.GetTimestamp();

        var (outcome, journal) = await RunAsync($"steady-state-hypothesis: {{title: h, probes: [{probe}]}}\nmethod: [{activity}]\nrollbacks: [{Undo}]", compat);

        Assert.Equal((exitCode, "aborted", methodRan), (outcome.ExitCode, journal["status"]!.GetValue<string>(), journal["run"]!.AsArray().Count));
        Assert.Contains("the time limit of the run", outcome.Reason, StringComparison.Ordinal);

        // Where nothing was done there is nothing to undo; the reference undoes it all the same.
        Assert.Equal(compat || methodRan > 0, journal["rollbacks"]!.AsArray().Count == 1);
        Assert.False(File.Exists(_bench.At("flag")));
        Assert.True(Stopwatch.GetElapsedTime(start) < Patience);
    }

    [Theory]
    [InlineData(true, UndoHangs, "{type: probe, name: p, tolerance: 0, provider: {type: process, path: 'true'}}", 1)]
    [InlineData(false, UndoHangs, "{type: probe, name: p, tolerance: 0, provider: {type: process, path: 'true'}}", 5)]
    public async Task Rollbacks_that_never_end_are_ended(bool compat, string rollback, string probe, int exitCode)
    {
        var start = Stopwatch.GetTimestamp();

        var (outcome, _) = await RunAsync($"steady-state-hypothesis: {{title: h, probes: [{probe}]}}\nmethod: []\nrollbacks: [{rollback}]", compat);

        Assert.Equal(exitCode, outcome.ExitCode);
        Assert.True(Stopwatch.GetElapsedTime(start) < Patience);
    }

    [Fact]
    public async Task A_way_back_that_never_ends_is_ended()
    {
        const string HangsTheThirdTime = "{type: probe, name: p, tolerance: 0, provider: {type: process, path: sh, arguments: \"-c 'echo x >> ${flag}; [ $$(wc -l < ${flag}) -lt 3 ] || exec sleep 60'\"}}";
        var start = Stopwatch.GetTimestamp();

        var (outcome, _) = await RunAsync($"steady-state-hypothesis: {{title: h, probes: [{HangsTheThirdTime}]}}\nmethod: []\nrollbacks: [{{type: action, name: r, provider: {{type: process, path: 'true'}}}}]", compat: false);

        Assert.Equal(5, outcome.ExitCode);
        Assert.True(Stopwatch.GetElapsedTime(start) < Patience);
    }

    private Task<(ExperimentOutcome Outcome, System.Text.Json.Nodes.JsonObject Journal)> RunAsync(string experiment, bool compat) =>
        _bench.RunAsync(experiment, server, new ExperimentOptions { Compat = compat, TimeLimit = TimeSpan.FromSeconds(1), RollbackTime = TimeSpan.FromSeconds(1) });
}
