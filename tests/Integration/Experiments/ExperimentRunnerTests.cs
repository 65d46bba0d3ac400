using System.Diagnostics;
using System.Text.Json.Nodes;
using Back2Code.Chaos.Experiments;

namespace Back2Code.IntegrationTests.Experiments;

public sealed class ExperimentRunnerTests(ExperimentServer server) : IClassFixture<ExperimentServer>, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("experiment-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_good_run_completes_and_its_journal_has_the_shape_of_the_reference()
    {
        var (verdict, journal) = await RunAsync("""
            steady-state-hypothesis:
              title: it answers
              probes:
                - {type: probe, name: answers, tolerance: 200, provider: {type: http, url: "${url}/json"}}
                - {type: probe, name: counts, tolerance: {type: jsonpath, path: $.count, expect: 3, target: body}, provider: {type: http, url: "${url}/json"}}
            method:
              - {type: action, name: say, provider: {type: process, path: echo, arguments: [hello, "${url}"]}}
            rollbacks:
              - {type: action, name: back, provider: {type: process, path: sh, arguments: "-c 'echo done'"}}
            """);

        Assert.Equal(ExperimentVerdict.Completed, verdict);
        Assert.Equal(
            ["chaoslib-version", "platform", "node", "experiment", "start", "status", "deviated", "steady_states", "run", "rollbacks", "end", "duration", "back2code"],
            journal.Select(p => p.Key));
        Assert.Equal("completed", journal["status"]!.GetValue<string>());
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$", journal["start"]!.GetValue<string>());
        Assert.Equal([true, true], journal["steady_states"]!["before"]!["probes"]!.AsArray().Select(p => p!["tolerance_met"]!.GetValue<bool>()));
        Assert.True(journal["steady_states"]!["after"]!["steady_state_met"]!.GetValue<bool>());
        Assert.Empty(journal["steady_states"]!["during"]!.AsArray());
        Assert.Equal($"hello {server.Url}\n", journal["run"]![0]!["output"]!["stdout"]!.GetValue<string>());
        Assert.Equal("${url}", journal["run"]![0]!["activity"]!["provider"]!["arguments"]![1]!.GetValue<string>());
        Assert.Equal("done\n", journal["rollbacks"]![0]!["output"]!["stdout"]!.GetValue<string>());
        Assert.True(journal["experiment"]!.AsObject().ContainsKey("dry"));
    }

    [Fact]
    public async Task A_missed_hypothesis_stops_at_its_first_probe_and_nothing_is_run()
    {
        var (verdict, journal) = await RunAsync("""
            steady-state-hypothesis:
              title: it answers
              probes:
                - {type: probe, name: wrong, tolerance: 200, provider: {type: http, url: "${url}/status/503"}}
                - {type: probe, name: never-asked, tolerance: 200, provider: {type: http, url: "${url}/json"}}
            method: [{type: action, name: breaks, provider: {type: process, path: "false"}}]
            rollbacks: [{type: action, name: neither, provider: {type: process, path: "true"}}]
            """);

        Assert.Equal(ExperimentVerdict.SteadyStateNotMet, verdict);
        Assert.Single(journal["steady_states"]!["before"]!["probes"]!.AsArray());
        Assert.Null(journal["steady_states"]!["after"]);
        Assert.Empty(journal["run"]!.AsArray());
        Assert.Empty(journal["rollbacks"]!.AsArray());
    }

    [Fact]
    public async Task A_method_that_breaks_the_hypothesis_deviates()
    {
        var file = Path.Combine(_folder, "broken");
        var (verdict, journal) = await RunAsync($"""
            steady-state-hypothesis:
              title: the file is not there
              probes: [{"{"}type: probe, name: absent, tolerance: 1, provider: {"{"}type: process, path: test, arguments: [-e, "{file}"]{"}}"}]
            method: [{"{"}type: action, name: break, provider: {"{"}type: process, path: touch, arguments: ["{file}"]{"}}"}]
            rollbacks: [{"{"}type: action, name: mend, provider: {"{"}type: process, path: rm, arguments: ["{file}"]{"}}"}]
            """);

        Assert.Equal(ExperimentVerdict.Deviated, verdict);
        Assert.True(journal["deviated"]!.GetValue<bool>());
        Assert.False(File.Exists(file));
    }

    [Theory]
    [InlineData("{type: http, url: 'http://127.0.0.1:1/'}")]
    [InlineData("{type: http, url: '${url}/never', timeout: 0.2}")]
    [InlineData("{type: process, path: sleep, arguments: ['30'], timeout: 0.2}")]
    public async Task An_activity_that_cannot_do_its_work_is_never_a_success(string provider)
    {
        var (verdict, journal) = await RunAsync($"method: [{{type: action, name: a, provider: {provider}}}]");

        Assert.Equal(ExperimentVerdict.ActivityFailed, verdict);
        Assert.Equal("failed", journal["run"]![0]!["status"]!.GetValue<string>());
        Assert.NotEmpty(journal["run"]![0]!["exception"]!.AsArray());
    }

    [Theory]
    [InlineData("{type: http, url: '${url}/status/500'}", "500")]
    [InlineData("{type: process, path: sh, arguments: \"-c 'exit 7'\"}", "7")]
    public async Task A_bad_answer_is_still_an_answer(string provider, string status)
    {
        var (verdict, journal) = await RunAsync($"method: [{{type: action, name: a, provider: {provider}}}]");

        Assert.Equal(ExperimentVerdict.Completed, verdict);
        Assert.Equal(status, journal["run"]![0]!["output"]!["status"]!.ToJsonString());
    }

    [Fact]
    public async Task A_failed_rollback_does_not_stop_the_next_and_is_told()
    {
        var (verdict, journal) = await RunAsync("""
            method: []
            rollbacks:
              - {type: action, name: first, provider: {type: http, url: "http://127.0.0.1:1/"}}
              - {type: action, name: second, provider: {type: process, path: "true"}}
            """);

        Assert.Equal(ExperimentVerdict.NotRestored, verdict);
        Assert.Equal(["failed", "succeeded"], journal["rollbacks"]!.AsArray().Select(r => r!["status"]!.GetValue<string>()));
    }

    [Fact]
    public async Task Background_activities_keep_their_place_and_are_awaited()
    {
        var (_, journal) = await RunAsync("""
            method:
              - {type: action, name: slow, background: true, provider: {type: process, path: sleep, arguments: ["0.3"]}}
              - {type: action, name: fast, provider: {type: process, path: "true"}}
            """);

        var run = journal["run"]!.AsArray();
        Assert.Equal(["slow", "fast"], run.Select(r => r!["activity"]!["name"]!.GetValue<string>()));
        Assert.True(run[0]!["duration"]!.GetValue<double>() > 0.25);
        Assert.True(string.CompareOrdinal(run[1]!["end"]!.GetValue<string>(), run[0]!["end"]!.GetValue<string>()) < 0);
    }

    [Fact]
    public async Task An_interrupt_plays_the_rollbacks_and_leaves_no_program_behind()
    {
        var file = Path.Combine(_folder, "rolled-back");
        var started = Path.Combine(_folder, "started");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var running = RunAsync($"""
            method: [{"{"}type: action, name: long, provider: {"{"}type: process, path: sh, arguments: "-c 'echo $$$$ > {started}; exec sleep 60'"{"}}"}]
            rollbacks: [{"{"}type: action, name: mend, provider: {"{"}type: process, path: touch, arguments: ["{file}"]{"}}"}]
            """, stop.Token);
        var pid = 0;
        for (var attempt = 0; attempt < 1000 && pid == 0; attempt++)
        {
            await Task.Delay(10, stop.Token);
            pid = File.Exists(started) && int.TryParse(await File.ReadAllTextAsync(started, stop.Token), out var written) ? written : 0;
        }

        Assert.NotEqual(0, pid);

        await stop.CancelAsync();
        var (verdict, journal) = await running;

        Assert.Equal(ExperimentVerdict.Interrupted, verdict);
        Assert.Equal("interrupted", journal["status"]!.GetValue<string>());
        Assert.True(File.Exists(file));
        Assert.True(await EndsAsync(pid));
    }

    [Fact]
    public async Task Arguments_go_where_the_method_and_the_content_type_say()
    {
        var (_, journal) = await RunAsync("""
            method:
              - {type: action, name: query, provider: {type: http, url: "${url}/echo", arguments: {a: 1, b: "x y"}, headers: {X-Custom: "${word}"}}}
              - {type: action, name: json, provider: {type: http, method: post, url: "${url}/echo", arguments: {a: 1}, headers: {Content-Type: application/json}}}
              - {type: action, name: form, provider: {type: http, method: PUT, url: "${url}/echo", arguments: {a: 1, b: "x y"}}}
              - {type: action, name: moved, provider: {type: http, url: "${url}/moved"}}
            """);

        var bodies = journal["run"]!.AsArray().Select(r => r!["output"]!["body"]!).ToList();
        Assert.Equal(("?a=1&b=x%20y", "word"), (bodies[0]["query"]!.GetValue<string>(), bodies[0]["custom"]!.GetValue<string>()));
        Assert.Equal(("POST", """{"a":1}"""), (bodies[1]["method"]!.GetValue<string>(), bodies[1]["body"]!.GetValue<string>()));
        Assert.Equal(("application/x-www-form-urlencoded", "a=1&b=x%20y"), (bodies[2]["type"]!.GetValue<string>(), bodies[2]["body"]!.GetValue<string>()));
        Assert.Equal(3, bodies[3]["count"]!.GetValue<int>());
    }

    [Fact]
    public async Task Pauses_are_kept_and_a_dynamic_value_is_asked_for_before_the_run()
    {
        var begin = Stopwatch.GetTimestamp();
        var (verdict, journal) = await RunAsync("""
            configuration:
              wait: 0.2
              asked: {type: probe, name: ask, provider: {type: process, path: echo, arguments: [answer]}}
            method:
              - {type: action, name: a, pauses: {before: "${wait}", after: 0.1}, provider: {type: process, path: echo, arguments: ["${asked}"]}}
            """);

        Assert.Equal(ExperimentVerdict.Completed, verdict);
        Assert.True(Stopwatch.GetElapsedTime(begin) >= TimeSpan.FromSeconds(0.3));
        Assert.Equal("answer\n", journal["run"]![0]!["output"]!["stdout"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_program_that_prints_without_end_does_not_fill_memory()
    {
        var (_, journal) = await RunAsync("""
            method: [{type: action, name: a, provider: {type: process, path: sh, arguments: "-c 'yes | head -c 5000000'"}}]
            """);

        Assert.Equal(256 * 1024, journal["run"]![0]!["output"]!["stdout"]!.GetValue<string>().Length);
    }

    private async Task<(ExperimentVerdict Verdict, JsonObject Journal)> RunAsync(string yaml, CancellationToken? cancellationToken = null)
    {
        var path = Path.Combine(_folder, "experiment.yaml");
        await File.WriteAllTextAsync(path, $"title: t\ndescription: d\n{yaml}\n", CancellationToken.None);
        var given = new Dictionary<string, JsonNode?> { ["url"] = server.Url, ["word"] = "word" };
        var outcome = await ExperimentRunner.RunAsync(
            ExperimentFile.Load(path), new ExperimentOptions { Values = new ExperimentValues { Variables = given } }, TimeProvider.System, cancellationToken ?? TestContext.Current.CancellationToken);
        return (outcome.Verdict, outcome.Journal.ToJson(TimeProvider.System.GetUtcNow()));
    }

    private static async Task<bool> EndsAsync(int pid)
    {
        for (var attempt = 0; attempt < 100; attempt++)
        {
            if (!Directory.Exists($"/proc/{pid}"))
            {
                return true;
            }

            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        return false;
    }
}
