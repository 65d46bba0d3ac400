using System.Diagnostics;
using Back2Code.Chaos.Experiments;

namespace Back2Code.IntegrationTests.Experiments;

public sealed class DryModeTests(ExperimentServer server) : IClassFixture<ExperimentServer>, IDisposable
{
    private readonly ExperimentBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData(DryMode.None, 3, true, true, null)]
    [InlineData(DryMode.Probes, 0, true, false, "probes")]
    [InlineData(DryMode.Actions, 3, false, true, "actions")]
    [InlineData(DryMode.Activities, 0, false, false, "activities")]
    [InlineData(DryMode.Pause, 3, true, true, "pause")]
    public async Task What_is_skipped_counts_as_done_without_output(DryMode mode, int exitCode, bool acts, bool probes, string? word)
    {
        // The hypothesis is missed, so a run that asks it ends at once; one that does not goes on.
        var (missed, _) = await _bench.RunAsync(
            "steady-state-hypothesis: {title: h, probes: [{type: probe, name: p, tolerance: 200, provider: {type: http, url: '${url}/status/503'}}]}\nmethod: []", server, new ExperimentOptions { Dry = mode });
        var (_, journal) = await _bench.RunAsync(
            """
            method:
              - {type: action, name: a, provider: {type: process, path: touch, arguments: ["${flag}"]}}
              - {type: probe, name: p, provider: {type: http, url: "${url}/json"}}
            """,
            server,
            new ExperimentOptions { Dry = mode });

        Assert.Equal(exitCode, missed.ExitCode);
        Assert.Equal(acts, File.Exists(_bench.At("flag")));
        Assert.Equal((acts, probes), (journal["run"]![0]!["output"] is not null, journal["run"]![1]!["output"] is not null));
        Assert.All(journal["run"]!.AsArray(), r => Assert.Equal("succeeded", r!["status"]!.GetValue<string>()));
        Assert.Equal(word, journal["experiment"]!["dry"]?.GetValue<string>());
    }

    [Fact]
    public async Task An_activity_can_say_otherwise()
    {
        var (_, journal) = await _bench.RunAsync(
            """
            method:
              - {type: action, name: a, dry: false, provider: {type: process, path: echo, arguments: [ran]}}
              - {type: action, name: b, provider: {type: process, path: echo, arguments: [ran]}}
            """,
            server,
            new ExperimentOptions { Dry = DryMode.Actions });

        Assert.Equal("ran\n", journal["run"]![0]!["output"]!["stdout"]!.GetValue<string>());
        Assert.Null(journal["run"]![1]!["output"]);
    }

    [Fact]
    public async Task Nothing_waits_without_pauses()
    {
        var begin = Stopwatch.GetTimestamp();

        await _bench.RunAsync(
            "method: [{type: action, name: a, pauses: {before: 300, after: 300}, provider: {type: process, path: 'true'}}]", server, new ExperimentOptions { Dry = DryMode.Pause });

        Assert.True(Stopwatch.GetElapsedTime(begin) < TimeSpan.FromSeconds(30));
    }
}
