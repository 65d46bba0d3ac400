using Back2Code.Chaos.Experiments;
using Back2Code.Chaos.Experiments.Tolerances;

namespace Back2Code.UnitTests.Experiments;

public sealed class ExperimentFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("experiment-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_smallest_experiment_has_title_description_and_method()
    {
        var experiment = Load("title: t\ndescription: d\nmethod: []\n");

        Assert.Equal(("t", "d"), (experiment.Title, experiment.Description));
        Assert.Empty(experiment.Method);
        Assert.Equal(RollbackStrategy.Default, experiment.RollbackStrategy);
    }

    [Fact]
    public void Json_is_read_as_well_as_yaml()
    {
        var experiment = Load("""{"title": "t", "description": "d", "method": [], "version": "1.0.0", "unknown": {"ignored": true}}""", "x.json");

        Assert.Equal("t", experiment.Title);
    }

    [Fact]
    public void All_errors_are_told_at_once_in_the_order_of_the_file()
    {
        var error = Refused("""
            title: ""
            steady-state-hypothesis:
              probes:
                - type: probe
                  name: p
                  provider: {type: http}
            method:
              - type: step
                name: a
                provider: {type: python, module: os, func: system}
            """);

        Assert.Collection(
            error.Errors.Select(e => (e.Line, e.Message)),
            e => Assert.Equal((1, "the experiment needs 'description' (text)"), e),
            e => Assert.Equal((1, "'title' of the experiment must not be empty"), e),
            e => Assert.Equal((3, "the steady-state hypothesis needs 'title' (text)"), e),
            e => Assert.Equal((4, "activity 'p' is a hypothesis probe and needs 'tolerance' (for example 200, [1, 5] or {type: jsonpath, path: $.x})"), e),
            e => Assert.Equal((6, "the http provider of activity 'p' needs 'url' (text)"), e),
            e => Assert.Equal((8, "type 'step' of activity 'a' is unknown; expected probe or action"), e),
            e => Assert.StartsWith("python function os.system is not supported", e.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void An_error_starts_with_file_line_and_column()
    {
        var error = Refused("title: t\ndescription: d\nmethod: {}\n");

        Assert.EndsWith("experiment.yaml:3:9: 'method' must be a list, not a map", Assert.Single(error.Errors).ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2.5", "decimal number")]
    [InlineData("{type: equal, value: 1}", "type 'equal'")]
    [InlineData("{type: regex, pattern: '['}", "does not compile")]
    [InlineData("{type: jsonpath, path: ''}", "must not be empty")]
    [InlineData("{type: jsonpath, path: 'x.y'}", "expected $")]
    [InlineData("{type: range, range: [1]}", "two numbers")]
    [InlineData("{type: probe, name: q}", "needs 'provider'")]
    [InlineData("~", "nothing")]
    public void A_bad_tolerance_is_found_before_anything_runs(string tolerance, string words)
    {
        var error = Refused($"""
            title: t
            description: d
            steady-state-hypothesis:
              title: h
              probes:
                - type: probe
                  name: p
                  tolerance: {tolerance}
                  provider:
                    type: http
                    url: x
            method: []
            """);

        Assert.Contains(words, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tolerance_outside_the_hypothesis_is_ignored_because_real_files_have_it()
    {
        var experiment = Load("title: t\ndescription: d\nmethod: [{type: probe, name: p, tolerance: 2.5, provider: {type: http, url: x}}]\n");

        Assert.Null(Assert.Single(experiment.Method).Tolerance);
    }

    [Fact]
    public void A_reference_stands_for_the_activity_it_names()
    {
        var experiment = Load("""
            title: t
            description: d
            steady-state-hypothesis: {title: h, probes: [{type: probe, name: p, tolerance: 200, provider: {type: http, url: x}}]}
            method: [{ref: p}]
            """);

        Assert.Equal("p", experiment.Method[0].Name);
        Assert.IsType<Tolerance.Literal>(experiment.SteadyState!.Probes[0].Tolerance);
    }

    [Fact]
    public void A_reference_to_nothing_lists_what_there_is()
    {
        var error = Refused("title: t\ndescription: d\nmethod: [{type: action, name: a, provider: {type: http, url: x}}, {ref: b}]\n");

        Assert.Contains("ref 'b' names no activity of the hypothesis or the method; known are: a", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("provider: {type: process, path: no-such-program-here}", "was not found on PATH")]
    [InlineData("provider: {type: http, url: x, timeout: soon}", "'timeout'")]
    [InlineData("provider: {type: http, url: x, max_retries: -1}", "'max_retries'")]
    [InlineData("provider: {type: http, url: x, verify_tls: maybe}", "'verify_tls'")]
    [InlineData("provider: {type: http, url: x, secrets: [vault]}", "secret group 'vault'")]
    [InlineData("provider: {type: http, url: x}\n    pauses: {before: later}", "pause 'before'")]
    [InlineData("provider: {type: http, url: x}\n    pauses: {after: -1}", "pause 'after'")]
    [InlineData("provider: {type: http, url: x, timeout: 0}", "'timeout'")]
    [InlineData("provider: {type: http, url: x, method: 'GE T'}", "is not an HTTP method")]
    [InlineData("provider: {type: python, module: os, func: rename, arguments: {src: a}}", "takes (src, dst), not (src)")]
    [InlineData("provider: {type: python, module: chaosk8s.pod.actions, func: terminate_pods}", "python function chaosk8s.pod.actions.terminate_pods is not supported")]
    [InlineData("provider: {type: promql, query: up}", "only observes")]
    [InlineData("provider: {type: slo, slo: 'a\"b'}", "not the name of an SLO")]
    [InlineData("provider: {type: slo, slo: a, measure: mood}", "'measure'")]
    [InlineData("provider: {type: slo, slo: a, window: '5'}", "'window'")]
    [InlineData("provider: {type: sql, query: SELECT 1}", "needs 'connection'")]
    [InlineData("provider: {type: log, path: /x, pattern: '('}", "does not compile")]
    [InlineData("provider: {type: log, path: /x, pattern: a, since: ever}", "'since'")]
    [InlineData("provider: {type: log, path: /x, pattern: a, output: all}", "'output'")]
    [InlineData("provider: {type: http, url: x}\n    background: 1", "'background'")]
    [InlineData("provider: {type: http, url: x}\n    timeout: x", "'timeout'")]
    public void A_bad_activity_says_which_field_and_what_is_expected(string fields, string words)
    {
        var error = Refused($"title: t\ndescription: d\nmethod:\n  - type: action\n    name: a\n    {fields}\n");

        Assert.Contains(words, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("runtime: {rollbacks: {strategy: sometimes}}", "strategy 'sometimes'")]
    [InlineData("runtime: {hypothesis: {strategy: often}}", "strategy 'often' of hypothesis is unknown; expected default, before-method-only")]
    [InlineData("contributions: {availability: huge}", "contribution 'availability' must be high, medium, low or none")]
    [InlineData("tags: [ok, '']", "tag must not be empty")]
    [InlineData("extensions: [{payload: 1}]", "an extension needs 'name'")]
    [InlineData("secrets: {group: {key: {type: vault}}}", "needs 'path'")]
    [InlineData("secrets: {group: {deep: {key: {type: env}}}}", "secret 'group.deep.key' needs 'key'")]
    [InlineData("extensions: [{name: back2code, activities: {nobody: {tolerance: 1}}}]", "'nobody' names no activity")]
    [InlineData("extensions: [{name: back2code, restore: {within: soon}}]", "'within' of 'restore'")]
    [InlineData("extensions: [{name: back2code, restore: {until: 5s}}]", "'restore' has no key 'until'")]
    [InlineData("extensions: [{name: back2code, stop: [{alert: A, budget: b}]}]", "either 'alert: NAME' or 'budget: SLO'")]
    [InlineData("extensions: [{name: back2code, stop: [{budget: b, burnt: 2}]}]", "'burnt'")]
    [InlineData("configuration: {port: {type: env}}", "needs 'key'")]
    [InlineData("configuration: {port: {type: env, key: P, env_var_type: date}}", "env_var_type")]
    public void Bad_surroundings_are_found_too(string line, string words)
    {
        var error = Refused($"title: t\ndescription: d\nmethod: []\n{line}\n");

        Assert.Contains(words, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_another_extension_is_no_experiment()
    {
        var error = Assert.Throws<InvalidExperimentException>(() => Load("title: t", "x.txt"));

        Assert.Contains("'.txt'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_is_an_error_with_its_name()
    {
        var error = Assert.Throws<InvalidExperimentException>(() => ExperimentFile.Load(Path.Combine(_folder, "none.yaml")));

        Assert.Contains("none.yaml:1:1: cannot be read", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("continuously", HypothesisStrategy.Continuously)]
    [InlineData("continously", HypothesisStrategy.Continuously)]
    [InlineData("during-method-only", HypothesisStrategy.DuringOnly)]
    [InlineData("skip", HypothesisStrategy.Skip)]
    public void Every_strategy_of_the_format_is_read_and_its_own_misspelling_too(string word, HypothesisStrategy strategy)
    {
        var experiment = Load($"title: t\ndescription: d\nmethod: []\nruntime: {{hypothesis: {{strategy: {word}}}}}\n");

        Assert.Equal((strategy, RollbackStrategy.Default), (experiment.HypothesisStrategy, experiment.RollbackStrategy));
    }

    [Fact]
    public void Controls_are_told_and_passed_over_wherever_they_stand()
    {
        var experiment = Load("""
            title: t
            description: d
            controls: [{name: c, provider: {type: python, module: m}}]
            steady-state-hypothesis: {title: h, controls: [{name: c}], probes: []}
            method: [{type: action, name: a, controls: [{ref: c}], provider: {type: http, url: x}}]
            """);

        Assert.Equal(3, experiment.Warnings.Count(w => w.Contains("not run", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_extension_judges_an_activity_of_the_method_and_gives_a_probe_time()
    {
        var experiment = Load("""
            title: t
            description: d
            steady-state-hypothesis: {title: h, probes: [{type: probe, name: p, tolerance: 200, provider: {type: http, url: x}}]}
            method:
              - {type: probe, name: inline, tolerance: 204, provider: {type: http, url: x}}
              - {type: action, name: given, provider: {type: process, path: "true"}}
              - {type: probe, name: other, tolerance: 1.5, provider: {type: http, url: x}}
            extensions:
              - name: back2code
                activities:
                  p: {within: 10s, every: 500ms, for: 2}
                  inline: {}
                  given: {tolerance: 0}
                restore: {within: 1m}
                stop: [{alert: TooMuch}, {budget: notes-availability, burnt: 0.1}]
            """);

        Assert.Equal(new Patience(TimeSpan.FromSeconds(10), TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(2)), experiment.SteadyState!.Probes[0].Patience);
        Assert.Equal([true, true, false], experiment.Method.Select(a => a.Tolerance is not null));
        Assert.Equal(TimeSpan.FromMinutes(1), experiment.Checks.Restore!.Within);
        Assert.Equal([new StopCondition.Alert("TooMuch"), new StopCondition.Budget("notes-availability", 0.1)], experiment.Checks.Stop);
        Assert.Contains("'other' is not checked", Assert.Single(experiment.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Compatible_reading_knows_no_providers_of_ours_and_takes_the_last_of_a_repeated_key()
    {
        var rules = new ExperimentRules { Compat = true };

        var experiment = ExperimentFile.Parse("title: first\ntitle: last\ndescription: d\nmethod: []\n", "x.yaml", DocumentFormat.Yaml, rules);
        var error = Assert.Throws<InvalidExperimentException>(() => ExperimentFile.Parse(
            """{"title": "t", "description": "d", "method": [{"type": "probe", "name": "p", "provider": {"type": "promql", "query": "up"}}]}""", "x.json", DocumentFormat.Json, rules));

        Assert.Equal("last", experiment.Title);
        Assert.Contains("provider type 'promql' of activity 'p' is not supported; expected http, process or python", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{type: process, path: sh}", "process")]
    [InlineData("{type: python, module: os, func: getcwd}", "python")]
    [InlineData("{type: log, path: /etc/passwd, pattern: root}", "log")]
    [InlineData("{type: sql, connection: Host=x, query: SELECT 1}", "sql")]
    public void What_acts_on_this_machine_is_refused_when_the_file_is_somebody_elses(string provider, string kind)
    {
        var text = $"title: t\ndescription: d\nmethod: [{{type: probe, name: a, provider: {provider}}}]\n";

        var error = Assert.Throws<InvalidExperimentException>(() => ExperimentFile.Parse(text, "http://x/e.yaml", DocumentFormat.Yaml, new ExperimentRules { RemoteOnly = true }));
        var looked = ExperimentFile.Parse(text, "http://x/e.yaml", DocumentFormat.Yaml, new ExperimentRules { RemoteOnly = true, ValidateOnly = true });

        Assert.Contains($"http://x/e.yaml:3:50: {kind} provider of activity 'a' acts on this machine", error.Message, StringComparison.Ordinal);
        Assert.Contains("--allow-process", Assert.Single(looked.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_dynamic_configuration_of_somebody_elses_file_may_not_run_programs_either()
    {
        const string Text = "title: t\ndescription: d\nconfiguration: {x: {type: probe, name: p, provider: {type: process, path: sh}}}\nmethod: []\n";

        Assert.Throws<InvalidExperimentException>(() => ExperimentFile.Parse(Text, "http://x/e.yaml", DocumentFormat.Yaml, new ExperimentRules { RemoteOnly = true }));
    }

    private Experiment Load(string text, string name = "experiment.yaml")
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return ExperimentFile.Load(path);
    }

    private InvalidExperimentException Refused(string text) => Assert.Throws<InvalidExperimentException>(() => Load(text));
}
