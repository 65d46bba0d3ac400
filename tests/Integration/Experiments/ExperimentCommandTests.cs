using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Back2Code.IntegrationTests.Experiments;

/// <summary>The command as people and scripts call it.</summary>
public sealed class ExperimentCommandTests(ExperimentServer server) : IClassFixture<ExperimentServer>, IDisposable
{
    private const string Deviates = """
        title: t
        description: d
        steady-state-hypothesis: {title: h, probes: [{type: probe, name: p, tolerance: false, provider: {type: python, module: os.path, func: exists, arguments: {path: flag}}}]}
        method: [{type: action, name: a, provider: {type: process, path: touch, arguments: [flag]}}]
        rollbacks: [{type: action, name: r, provider: {type: process, path: rm, arguments: [-f, flag]}}]
        """;

    private const string Misses = """
        title: t
        description: d
        steady-state-hypothesis: {title: h, probes: [{type: probe, name: p, tolerance: 1, provider: {type: process, path: "true"}}]}
        method: []
        """;

    private const string Long = """
        title: t
        description: d
        method: [{type: action, name: a, provider: {type: process, path: sh, arguments: "-c 'touch started; exec sleep 60'"}}]
        rollbacks: [{type: action, name: r, provider: {type: process, path: touch, arguments: [rolled-back]}}]
        """;

    private readonly ExperimentBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData(Deviates, false, 1)]
    [InlineData(Deviates, true, 1)]
    [InlineData(Misses, false, 3)]
    [InlineData(Misses, true, 0)]
    [InlineData("title: t\n", false, 2)]
    [InlineData("title: t\n", true, 1)]
    public async Task Exit_codes_are_ours_or_the_references(string experiment, bool compat, int exitCode)
    {
        await File.WriteAllTextAsync(_bench.At("e.yaml"), experiment);

        var (code, _, _) = await CallAsync(["run", "e.yaml", .. compat ? ["--compat"] : Array.Empty<string>()]);

        Assert.Equal(exitCode, code);
    }

    [Fact]
    public async Task Validate_tells_every_error_with_its_place_and_runs_nothing()
    {
        await File.WriteAllTextAsync(_bench.At("bad.yaml"), "title: ''\ndescription: d\nmethod: {}\n");
        await File.WriteAllTextAsync(_bench.At("good.yaml"), Deviates);

        var bad = await CallAsync(["validate", "bad.yaml"]);
        var compat = await CallAsync(["validate", "bad.yaml", "--compat"]);
        var json = await CallAsync(["validate", "bad.yaml", "--json"]);
        var good = await CallAsync(["validate", "good.yaml"]);

        Assert.Equal((2, 1, 2, 0), (bad.Code, compat.Code, json.Code, good.Code));
        Assert.Equal("bad.yaml:1:8: 'title' of the experiment must not be empty\nbad.yaml:3:9: 'method' must be a list, not a map\n", bad.Error);
        Assert.Equal(2, JsonNode.Parse(json.Output)!["errors"]!.AsArray().Count);
        Assert.False(File.Exists(_bench.At("flag")));
    }

    [Fact]
    public async Task A_run_writes_a_journal_that_report_turns_into_pages()
    {
        await File.WriteAllTextAsync(_bench.At("e.yaml"), Deviates);

        var run = await CallAsync(["run", "e.yaml", "--json", "--journal-path", "out/j.json", "--report", "pages"]);
        var report = await CallAsync(["report", "out/j.json"]);
        var print = await CallAsync(["report", "out/j.json", "--print"]);
        var nonsense = await CallAsync(["report", "e.yaml"]);

        Assert.Equal(("Deviated", _bench.At("out/j.json")), (JsonNode.Parse(run.Output)!["verdict"]!.GetValue<string>(), JsonNode.Parse(run.Output)!["journal"]!.GetValue<string>()));
        Assert.Equal($"{_bench.At("out/j.md")}\n{_bench.At("out/j.html")}\n", report.Output);
        Assert.Equal(await File.ReadAllTextAsync(_bench.At("out/j.md")), print.Output);
        Assert.True(File.Exists(_bench.At("pages/report.html")));
        Assert.Equal((2, "e.yaml:1:2: not valid JSON\n"), (nonsense.Code, nonsense.Error));
    }

    [Fact]
    public async Task Values_from_the_command_line_win_over_files_and_files_over_the_experiment()
    {
        await File.WriteAllTextAsync(_bench.At("e.yaml"), """
            title: t
            description: d
            configuration: {a: experiment, b: experiment, c: experiment}
            method: [{type: action, name: a, provider: {type: process, path: echo, arguments: ["${a}", "${b}", "${c}"]}}]
            """);
        await File.WriteAllTextAsync(_bench.At("v.yaml"), "configuration: {a: file, b: file}\n");

        await CallAsync(["run", "e.yaml", "--var", "a=line", "--var-file", "v.yaml"]);

        var journal = JsonNode.Parse(await File.ReadAllTextAsync(_bench.At("journal.json")))!;
        Assert.Matches("^[0-9a-f]{24}$", journal["back2code"]!["identity"]!.GetValue<string>());
        Assert.Equal("line file experiment\n", journal["run"]![0]!["output"]!["stdout"]!.GetValue<string>());
    }

    [Fact]
    public async Task An_experiment_from_a_url_asks_before_it_runs_programs()
    {
        server.Files["cli"] = (Deviates, "text/yaml");

        var refused = await CallAsync(["run", $"{server.Url}/files/cli"]);
        var allowed = await CallAsync(["run", $"{server.Url}/files/cli", "--allow-process"]);

        Assert.Equal((2, 1), (refused.Code, allowed.Code));
        Assert.Contains("--allow-process", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_validation_what_can_be_read_is_run_and_the_errors_are_told()
    {
        await File.WriteAllTextAsync(_bench.At("e.yaml"), Deviates.Replace("description: d", "description: d\ntags: ['']\ncontributions: {availability: huge}", StringComparison.Ordinal));

        var refused = await CallAsync(["run", "e.yaml"]);
        var run = await CallAsync(["run", "e.yaml", "--no-validation"]);

        Assert.Equal((2, 1), (refused.Code, run.Code));
        Assert.Contains("not valid, run all the same: e.yaml:3:8: a tag must not be empty", run.Error, StringComparison.Ordinal);
        Assert.Contains("e.yaml:4:31: contribution 'availability'", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("title: t\ndescription: d\n", "needs 'method'")]
    [InlineData("title: t\ndescription: d\nmethod: [{type: action, name: a}]\n", "needs 'provider'")]
    [InlineData("title: t\ndescription: d\nmethod: [{ref: nobody}]\n", "names no activity")]
    [InlineData("title: t\ndescription: d\nmethod: [}\n", "e.yaml:3:")]
    [InlineData("title: t\ndescription: d\nmethod: []\nsteady-state-hypothesis: {title: h, probes: [{type: probe, name: p, tolerance: 1.5, provider: {type: process, path: 'true'}}]}\n", "decimal number")]
    [InlineData("title: t\ndescription: d\nmethod: []\nsecrets: {g: 5}\n", "secret group 'g'")]
    [InlineData("title: t\ndescription: d\nmethod: []\nextensions: [{name: back2code, stop: [{alert: 5}]}]\n", "e.yaml:4:")]
    public async Task Without_validation_a_file_that_lacks_what_it_would_run_is_still_refused(string text, string words)
    {
        await File.WriteAllTextAsync(_bench.At("e.yaml"), text);

        var (code, _, error) = await CallAsync(["run", "e.yaml", "--no-validation"]);

        Assert.Equal(2, code);
        Assert.Contains(words, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_validation_a_url_still_needs_permission()
    {
        server.Files["unvalidated"] = (Deviates.Replace("description: d", "description: d\ntags: ['']", StringComparison.Ordinal), "text/yaml");

        var refused = await CallAsync(["run", $"{server.Url}/files/unvalidated", "--no-validation"]);
        var allowed = await CallAsync(["run", $"{server.Url}/files/unvalidated", "--no-validation", "--allow-process"]);

        Assert.Equal((2, 1), (refused.Code, allowed.Code));
        Assert.Contains("--allow-process", refused.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(_bench.At("flag")));
    }

    [Fact]
    public async Task A_journal_from_a_url_is_reported_here()
    {
        server.Files["monday.json"] = ("""{"experiment": {"title": "From afar"}, "status": "completed"}""", "text/plain");

        var report = await CallAsync(["report", $"{server.Url}/files/monday.json"]);
        var missing = await CallAsync(["report", $"{server.Url}/files/tuesday.json"]);
        var endless = await CallAsync(["report", $"{server.Url}/never"]);

        Assert.Equal((0, $"{_bench.At("monday.md")}\n{_bench.At("monday.html")}\n"), (report.Code, report.Output));
        Assert.Contains("From afar", await File.ReadAllTextAsync(_bench.At("monday.md")), StringComparison.Ordinal);
        Assert.Equal((2, $"{server.Url}/files/tuesday.json: cannot be had: the server answered 404\n"), (missing.Code, missing.Error));
        Assert.Contains("not complete within 15 s", endless.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_channels_of_the_settings_are_told_of_a_run_and_plugins_are_named()
    {
        await File.WriteAllTextAsync(_bench.At("e.yaml"), Misses);
        await File.WriteAllTextAsync(_bench.At("settings.yaml"), $"notifications: [{{type: http, url: '{server.Url}/told/cli'}}, {{type: plugin, module: some.plugin}}]\n");

        var run = await CallAsync(["run", "e.yaml", "--settings", "settings.yaml"]);

        Assert.Equal(3, run.Code);
        Assert.Contains("'some.plugin' is skipped", run.Error, StringComparison.Ordinal);
        Assert.Equal(["run-started", "run-failed"], server.Told["cli"].Select(t => JsonNode.Parse(t.Body)!["name"]!.GetValue<string>()));
    }

    [Theory]
    [InlineData("--dry", "everything")]
    [InlineData("--rollback-strategy", "sometimes")]
    [InlineData("--hypothesis-frequency", "0")]
    [InlineData("--fail-fast-ratio", "101")]
    [InlineData("--var", "nonsense")]
    [InlineData("--time-limit", "soon")]
    public async Task A_wrong_option_is_a_usage_error(string option, string value)
    {
        await File.WriteAllTextAsync(_bench.At("e.yaml"), Misses);

        var (code, _, error) = await CallAsync(["run", "e.yaml", option, value]);

        Assert.Equal(2, code);
        Assert.Contains(option, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("TERM", false, 130, true)]
    [InlineData("INT", true, 1, false)]
    [InlineData("USR1", false, 130, true)]
    [InlineData("USR2", false, 130, false)]
    public async Task A_signal_ends_the_run_with_or_without_rollbacks(string signal, bool compat, int exitCode, bool rollsBack)
    {
        await File.WriteAllTextAsync(_bench.At("e.yaml"), Long);
        using var process = Start(["run", "e.yaml", .. compat ? ["--compat"] : Array.Empty<string>()]);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await Servers.Eventually.IsTrueAsync(() => File.Exists(_bench.At("started")), TimeSpan.FromSeconds(60), "the method runs");

        using var kill = Process.Start("sh", ["-c", $"kill -{signal} {process.Id}"]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(60));

        Assert.True(process.ExitCode == exitCode, $"{process.ExitCode}: {await output}{await error}");
        Assert.Equal(rollsBack, File.Exists(_bench.At("rolled-back")));
        Assert.Equal("interrupted", JsonNode.Parse(await File.ReadAllTextAsync(_bench.At("journal.json")))!["status"]!.GetValue<string>());
    }

    private async Task<(int Code, string Output, string Error)> CallAsync(string[] arguments)
    {
        using var process = Start(arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(120));
        return (process.ExitCode, await output, await error);
    }

    private Process Start(string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "back2code.dll"), "experiment", .. arguments])
        {
            WorkingDirectory = _bench.Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // Nobody's own settings count here.
        start.Environment["HOME"] = _bench.Folder;
        return Process.Start(start)!;
    }
}
