using System.Diagnostics;
using System.Text.Json.Nodes;
using Back2Code.Chaos.Experiments;
using Back2Code.Chaos.Experiments.Notifications;

namespace Back2Code.IntegrationTests.Experiments;

/// <summary>Who is told of a run, of what, and that nobody can hold it up.</summary>
public sealed class NotificationTests(ExperimentServer server) : IClassFixture<ExperimentServer>, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly ExperimentBench _bench = new();
    private readonly List<string> _said = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task A_channel_is_told_of_start_end_and_deviation_and_of_no_secret()
    {
        var (experiment, outcome) = await RunAsync();
        var channel = Channel("/told/all") with { Headers = new Dictionary<string, string> { ["X-Custom"] = "y" } };

        await TellAsync(experiment, outcome, channel);

        var told = server.Told["all"].Select(t => (t.Header, Body: JsonNode.Parse(t.Body)!)).ToList();
        Assert.Equal(["run-started", "run-completed", "run-deviated"], told.Select(t => t.Body["name"]!.GetValue<string>()));
        Assert.All(told, t => Assert.Equal(("y", "run"), (t.Header, t.Body["phase"]!.GetValue<string>())));
        Assert.Equal("t", told[0].Body["payload"]!["title"]!.GetValue<string>());
        Assert.True(told[2].Body["payload"]!["deviated"]!.GetValue<bool>());
        Assert.DoesNotContain(server.Told["all"], t => t.Body.Contains("hunter2", StringComparison.Ordinal));
        Assert.Empty(_said);
    }

    [Fact]
    public async Task A_channel_hears_only_the_events_that_it_asked_for()
    {
        var (experiment, outcome) = await RunAsync();

        await TellAsync(experiment, outcome, Channel("/told/some") with { Events = ["run-deviated"] });

        Assert.Equal("run-deviated", JsonNode.Parse(Assert.Single(server.Told["some"]).Body)!["name"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("/never", "no answer within 1 s")]
    [InlineData("/status/500", "it answered 500")]
    public async Task Who_does_not_take_it_is_named_without_its_path_and_holds_nobody_up(string path, string words)
    {
        var (experiment, outcome) = await RunAsync();
        var start = Stopwatch.GetTimestamp();

        await TellAsync(experiment, outcome, Channel(path));

        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(20));
        Assert.Equal(3, _said.Count);
        Assert.All(_said, line => Assert.Contains(words, line, StringComparison.Ordinal));
        Assert.DoesNotContain(_said, line => line.Contains(path, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Nobody_there_is_said()
    {
        var (experiment, outcome) = await RunAsync();

        await TellAsync(experiment, outcome, new NotificationChannel { Url = new Uri("http://127.0.0.1:1/x") });

        Assert.All(_said, line => Assert.StartsWith("http://127.0.0.1:1 was not told of run-", line, StringComparison.Ordinal));
        Assert.Equal(3, _said.Count);
    }

    private NotificationChannel Channel(string path) => new() { Url = new Uri(server.Url + path) };

    private async Task<(Experiment Experiment, ExperimentOutcome Outcome)> RunAsync()
    {
        var (outcome, _) = await _bench.RunAsync(
            """
            secrets: {g: {password: hunter2}}
            steady-state-hypothesis: {title: h, probes: [{type: probe, name: p, tolerance: false, provider: {type: python, module: os.path, func: exists, arguments: {path: "${flag}"}}}]}
            method: [{type: action, name: a, provider: {type: process, path: touch, arguments: ["${flag}"]}}]
            """,
            server,
            new ExperimentOptions { Compat = true });
        return (ExperimentFile.Load(_bench.At("experiment.yaml")), outcome);
    }

    private async Task TellAsync(Experiment experiment, ExperimentOutcome outcome, NotificationChannel channel)
    {
        using var notifier = new ExperimentNotifier([channel], line => { lock (_said) { _said.Add(line); } }, TimeProvider.System, Patience);
        await notifier.TellStartAsync(experiment, Cancellation);
        await notifier.TellEndAsync(outcome.Journal, Cancellation);
    }
}
