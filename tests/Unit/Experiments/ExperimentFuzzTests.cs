using System.Diagnostics;
using System.Text.Json.Nodes;
using Back2Code.Chaos.Experiments;
using Back2Code.Chaos.Experiments.Documents;
using Back2Code.Chaos.Experiments.JsonPaths;
using Back2Code.Chaos.Experiments.Reports;
using Back2Code.Chaos.Experiments.Tolerances;
using Back2Code.UnitTests.Fuzzing;
using Activity = Back2Code.Chaos.Experiments.Activity;

namespace Back2Code.UnitTests.Experiments;

/// <summary>
/// Ten thousand damaged experiments, and thousands of paths, tolerances and journals, the same every time. Whatever they hold: no crash, no hang, and a
/// message that names the place. A case that fails prints itself. Bodies of requests have ten thousand of their own.
/// </summary>
public sealed class ExperimentFuzzTests
{
    private const int Seed = 20_261_120;

    // Far above any single case; a hang, not slowness, is looked for.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static readonly string[] Tokens =
    [
        "{", "}", "[", "]", ":", ": ", ",", "\"", "'", "\n", "\n  ", "\t", "- ", "? ", "&a ", "*a", "<<: *a", "!!str ", "|\n", ">-\n", "#", "---\n", "...\n", "%YAML 1.2\n", "@", "`", "~", "null",
        "true", "-1", "1e999", "0x", "99999999999999999999", ".nan", "${", "${x}", "$$", "\\", "\\ud800", "\u0000", "\ud83d", "é", "title", "method", "probe", "http", "process", "python",
        "tolerance", "provider", "type", "regex", "jsonpath", "range", "ref", "secrets", "configuration", "env", "extensions", "back2code", "(a+)+$", "$..[?(@.a='b')]",
    ];

    [Theory]
    [InlineData(DocumentFormat.Yaml, 5_500)]
    [InlineData(DocumentFormat.Json, 4_500)]
    public async Task A_damaged_experiment_is_refused_with_its_place_or_runs_dry(DocumentFormat format, int cases)
    {
        var random = new Random(Seed + (int)format);
        var (accepted, refused) = (0, 0);
        for (var i = 0; i < cases; i++)
        {
            var text = Damage(format == DocumentFormat.Yaml ? Corpus.Yaml : Corpus.Json, random);
            var begin = Stopwatch.GetTimestamp();
            try
            {
                var experiment = ExperimentFile.Parse(text, "fuzz", format, new ExperimentRules { Compat = i % 7 == 0, RemoteOnly = i % 11 == 0 });
                await RunDryAsync(experiment);
                accepted++;
            }
            catch (InvalidExperimentException e)
            {
                AssertNamesPlaces(e, text);
                refused++;
            }
            catch (Exception e) when (e is not Xunit.Sdk.IAssertionException)
            {
                Assert.Fail($"case {i}: {e}\n{text}");
            }

            Assert.True(Stopwatch.GetElapsedTime(begin) < Patience, $"case {i} took {Stopwatch.GetElapsedTime(begin)}:\n{text}");
        }

        // Damage that always or never breaks a file tests one half only.
        Assert.True(accepted > cases / 50 && refused > cases / 4, $"{accepted} accepted, {refused} refused");
    }

    [Fact]
    public void A_damaged_path_is_refused_with_its_position_or_answers()
    {
        var random = new Random(Seed + 2);
        var document = JsonNode.Parse(Corpus.Json);
        for (var i = 0; i < 2_000; i++)
        {
            var path = Damage(Corpus.Paths[random.Next(Corpus.Paths.Length)], random, most: 3);
            try
            {
                JsonPath.Parse(path, (JsonPathDialect)(i % 2)).Select(document);
            }
            catch (FormatException e)
            {
                Assert.True(path.Length == 0 || e.Message.Contains("at position", StringComparison.Ordinal), e.Message);
            }
            catch (JsonPathLimitException)
            {
                // Said so in time.
            }
        }
    }

    [Fact]
    public async Task A_damaged_tolerance_is_refused_or_judges_any_output()
    {
        var random = new Random(Seed + 3);
        for (var i = 0; i < 1_500; i++)
        {
            var text = Damage(Corpus.Tolerances[random.Next(Corpus.Tolerances.Length)], random, most: 2);
            var output = Corpus.Outputs[random.Next(Corpus.Outputs.Length)];
            Tolerance? tolerance;
            var report = new DocumentReport("fuzz");
            try
            {
                var node = ((MappingNode)YamlDocument.Parse($"tolerance: {text}\n")).Find("tolerance")?.Value;
                tolerance = node is null ? null : new ToleranceReader(report, new ActivityReader(report, [], ExperimentRules.Strict)).Read(node, "p");
            }
            catch (DocumentFormatException e)
            {
                Assert.True(e is { Line: > 0, Column: > 0 });
                continue;
            }

            if (tolerance is null)
            {
                continue;
            }

            Assert.True(
                await ToleranceCheck.IsMetAsync(tolerance, JsonNode.Parse(output), new Dictionary<string, JsonNode?> { ["x"] = 1 }, compat: i % 2 == 0, (_, _) => Task.FromResult<JsonNode?>(null)) || true);
        }
    }

    [Fact]
    public void A_damaged_journal_is_refused_or_reported()
    {
        var random = new Random(Seed + 4);
        for (var i = 0; i < 1_000; i++)
        {
            var text = Damage(Corpus.Journal, random);
            try
            {
                var journal = JournalReader.Parse(text, "fuzz");
                Assert.NotEmpty(JournalMarkdown.Write(journal));
                Assert.NotEmpty(JournalHtml.Write(journal));
            }
            catch (JournalFormatException e)
            {
                Assert.StartsWith("fuzz:", e.Message, StringComparison.Ordinal);
            }
        }
    }

    /// <summary>Nothing is executed and nothing waits, but every part of a run is passed through.</summary>
    private static async Task RunDryAsync(Experiment experiment)
    {
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            var outcome = await ExperimentRunner.RunAsync(
                experiment with { Configuration = null, Secrets = null, Method = [.. experiment.Method.Select(Quick)], Rollbacks = [.. experiment.Rollbacks.Select(Quick)] },
                new ExperimentOptions { Dry = DryMode.Activities },
                TimeProvider.System,
                limit.Token);
            Assert.NotEqual(ExperimentVerdict.Interrupted, outcome.Verdict);
            Assert.NotEmpty(outcome.Journal.ToJson(DateTimeOffset.UnixEpoch).ToJsonString());
        }
        catch (ExperimentSettingsException)
        {
            // A variable that is not set here.
        }

        // Damaged pauses may be hours, and an activity may say that it is not dry.
        static Activity Quick(Activity activity) => activity with { PauseBefore = null, PauseAfter = null, Dry = true };
    }

    private static void AssertNamesPlaces(InvalidExperimentException error, string text)
    {
        var lines = text.Count(c => c == '\n') + 2;
        Assert.NotEmpty(error.Errors);
        Assert.All(error.Errors, e => Assert.True(e.Line >= 1 && e.Line <= lines && e.Column >= 1 && e.Message.Length > 5 && e.File == "fuzz", $"{e}\n{text}"));
    }

    private static string Damage(string text, Random random, int most = 6) => TextDamage.Do(text, Tokens, random, most);

    private static class Corpus
    {
        public const string Yaml = """
            title: A ${word}
            description: d
            tags: [a, b]
            contributions: {availability: high}
            configuration: {word: {type: env, key: HOME, default: x}, list: &a {x: 1}, more: *a}
            secrets: {g: {k: {type: env, key: HOME}, v: s}}
            runtime: {hypothesis: {strategy: continuously}, rollbacks: {strategy: always}}
            steady-state-hypothesis:
              title: h
              probes:
                - {type: probe, name: p, tolerance: [200, 204], provider: {type: http, url: "http://127.0.0.1:1/", timeout: [1, 2], secrets: [g]}}
                - type: probe
                  name: q
                  tolerance: {type: jsonpath, path: "$.a[?(@.b=1)]", target: body, count: 1}
                  provider: {type: promql, query: up}
            method:
              - {type: action, name: a, background: true, pauses: {before: 1, after: "${pause}"}, provider: {type: process, path: "true", arguments: [a, b]}}
              - ref: p
              - {type: probe, name: l, tolerance: 1.5, provider: {type: log, path: /tmp/x, pattern: "(?P<a>x)"}}
            rollbacks:
              - {type: action, name: r, provider: {type: python, module: os.path, func: exists, arguments: {path: /}}}
            extensions:
              - name: back2code
                activities: {q: {within: 1s, every: 100ms}, a: {tolerance: 0}}
                restore: {within: 1s}
            """;

        public const string Json = """
            {"title": "t", "description": "d", "version": "1.0", "tags": ["a"],
             "configuration": {"n": 1, "m": {"type": "env", "key": "HOME"}},
             "secrets": {"g": {"k": "v"}},
             "controls": [{"name": "c", "provider": {"type": "python", "module": "m"}}],
             "steady-state-hypothesis": {"title": "h", "probes": [
               {"type": "probe", "name": "p", "tolerance": {"type": "regex", "pattern": "^a", "target": "stdout"}, "provider": {"type": "process", "path": "true", "arguments": "-x"}}]},
             "method": [{"type": "action", "name": "a", "provider": {"type": "http", "url": "http://x/${n}", "method": "POST", "headers": {"Content-Type": "application/json"}, "arguments": {"a": [1, 2.5, null, true]}}}],
             "rollbacks": [{"ref": "a"}],
             "runtime": {"rollbacks": {"strategy": "deviated"}}}
            """;

        public const string Journal = """
            {"experiment": {"title": "t", "description": "d", "tags": ["a"], "secrets": {"g": {"k": "v"}}, "steady-state-hypothesis": {"title": "h"}}, "status": "completed", "deviated": false,
             "start": "2026-11-20T10:00:00.000000+00:00", "end": "2026-11-20T10:00:03.000000+00:00", "duration": 3.0,
             "steady_states": {"before": {"steady_state_met": true, "probes": [{"activity": {"name": "p", "tolerance": 200, "provider": {"type": "http", "url": "x"}}, "output": {"status": 200}, "status": "succeeded", "tolerance_met": true}]}, "after": null, "during": []},
             "run": [{"activity": {"name": "a"}, "output": null, "status": "failed", "exception": ["x"], "start": "2026-11-20T10:00:01", "end": "2026-11-20T10:00:02", "duration": 1}], "rollbacks": []}
            """;

        public static readonly string[] Paths =
            ["$.method[*].provider.url", "$..name", "$['title']", "$.method[?(@.type='action')].name", "$..[?@.arguments.a[0] > 0 && !(@.x)]", "$[0:5:2, 'a', *]", "$..[?match(@.name, 'a.*')]", "$[?count(@.*) >= 2]"];

        public static readonly string[] Tolerances =
        [
            "200", "true", "ok", "[1, 5]", "[a, b, 3]", "\"${x}\"", "{type: regex, pattern: '^a.*(b)?$', target: stdout}", "{type: jsonpath, path: '$.a[?(@.b=\"c\")]', expect: [1], count: 1}",
            "{type: range, range: [1, 2.5], target: status}", "{type: range, range: ['${x}', 3]}", "{type: probe, name: j, provider: {type: process, path: sh}}",
        ];

        public static readonly string[] Outputs =
            ["null", "true", "7", "1.5", "\"7\\n\"", "\"text\"", "[]", "[1,2]", "{}", "{\"status\": 200, \"stdout\": \"a\"}", "{\"status\": null, \"body\": {\"a\": [{\"b\": \"c\"}]}}", "{\"a\": {\"b\": 1e300}}", "\"{\\\"a\\\": [1]}\""];
    }
}
