using Back2Code.Chaos.Experiments;
using Back2Code.Chaos.Experiments.Tolerances;

namespace Back2Code.UnitTests.Experiments;

public sealed class ExperimentFileTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("experiment-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void The_smallest_experiment_has_title_description_and_method()
    {
        var experiment = Load("title: t\ndescription: d\nmethod: []\n");

        Assert.Equal(("t", "d"), (experiment.Title, experiment.Description));
        Assert.Empty(experiment.Method);
        Assert.Equal(RollbackStrategy.Always, experiment.RollbackStrategy);
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
                provider: {type: python, module: os, func: getcwd}
            """);

        Assert.Collection(
            error.Errors.Select(e => (e.Line, e.Message)),
            e => Assert.Equal((1, "the experiment needs 'description' (text)"), e),
            e => Assert.Equal((1, "'title' of the experiment must not be empty"), e),
            e => Assert.Equal((3, "the steady-state hypothesis needs 'title' (text)"), e),
            e => Assert.Equal((4, "activity 'p' is a hypothesis probe and needs 'tolerance' (for example 200, [1, 5] or {type: jsonpath, path: $.x})"), e),
            e => Assert.Equal((6, "the http provider of activity 'p' needs 'url' (text)"), e),
            e => Assert.Equal((8, "type 'step' of activity 'a' is unknown; expected probe or action"), e),
            e => Assert.Equal((10, "provider type 'python' of activity 'a' is not supported; expected http or process"), e));
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
    [InlineData("provider: {type: http, url: x}\n    background: 1", "'background'")]
    [InlineData("provider: {type: http, url: x}\n    timeout: x", "'timeout'")]
    public void A_bad_activity_says_which_field_and_what_is_expected(string fields, string words)
    {
        var error = Refused($"title: t\ndescription: d\nmethod:\n  - type: action\n    name: a\n    {fields}\n");

        Assert.Contains(words, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("runtime: {rollbacks: {strategy: sometimes}}", "strategy 'sometimes'")]
    [InlineData("runtime: {hypothesis: {strategy: continuously}}", "strategy 'continuously'")]
    [InlineData("tags: [ok, '']", "tag must not be empty")]
    [InlineData("extensions: [{payload: 1}]", "an extension needs 'name'")]
    [InlineData("secrets: {group: {key: {type: vault, path: x}}}", "vault")]
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
        var error = Assert.Throws<InvalidExperimentException>(() => ExperimentFile.Load(Path.Combine(folder, "none.yaml")));

        Assert.Contains("none.yaml:1:1: cannot be read", error.Message, StringComparison.Ordinal);
    }

    private Experiment Load(string text, string name = "experiment.yaml")
    {
        var path = Path.Combine(folder, name);
        File.WriteAllText(path, text);
        return ExperimentFile.Load(path);
    }

    private InvalidExperimentException Refused(string text) => Assert.Throws<InvalidExperimentException>(() => Load(text));
}
