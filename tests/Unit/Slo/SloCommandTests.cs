using System.Text.Json;
using Back2Code.Cli.Commands;
using Back2Code.UnitTests.Architecture;

namespace Back2Code.UnitTests.Slo;

public sealed class SloCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("b2c-slo-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Validate_accepts_the_shipped_objectives()
    {
        (int exit, string output, _) = await RunAsync("validate", Path.Combine(Repository.Root, "slos"), "--json");

        Assert.Equal(0, exit);
        Assert.True(JsonDocument.Parse(output).RootElement.GetProperty("valid").GetBoolean());
        Assert.Equal(15, JsonDocument.Parse(output).RootElement.GetProperty("slos").GetArrayLength());
    }

    [Fact]
    public async Task Validate_names_every_mistake_on_a_line_of_its_own()
    {
        string file = Path.Combine(_folder, "bad.yaml");
        await File.WriteAllTextAsync(file, SloText.With("target: 0.995", "target: 2").Replace("30d", "30x", StringComparison.Ordinal), TestContext.Current.CancellationToken);

        (int exit, _, string errors) = await RunAsync("validate", file);

        Assert.Equal(1, exit);
        Assert.Equal([$"{file}:26", $"{file}:28"], errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).SkipLast(1).Select(l => string.Join(':', l.Split(':')[..2])));
    }

    [Fact]
    public async Task Generate_writes_rules_for_the_scale()
    {
        (int exit, _, _) = await RunAsync("generate", Path.Combine(Repository.Root, "slos"), "--out", _folder, "--time-scale", "720");

        Assert.Equal(0, exit);
        Assert.Contains("[4s999ms]", await File.ReadAllTextAsync(Path.Combine(_folder, "slo.yaml"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Generate_writes_nothing_when_a_file_is_wrong()
    {
        string file = Path.Combine(_folder, "bad.yaml");
        await File.WriteAllTextAsync(file, "a: [", TestContext.Current.CancellationToken);

        (int exit, _, _) = await RunAsync("generate", file, "--out", Path.Combine(_folder, "out"));

        Assert.Equal(1, exit);
        Assert.False(Directory.Exists(Path.Combine(_folder, "out")));
    }

    [Fact]
    public async Task A_scale_out_of_range_is_a_misused_command()
    {
        (int exit, _, string errors) = await RunAsync("generate", Path.Combine(Repository.Root, "slos"), "--out", _folder, "--time-scale", "0");

        Assert.Equal(2, exit);
        Assert.Contains("TimeScale is 0", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mistakes_are_told_as_JSON_as_well()
    {
        string file = Path.Combine(_folder, "bad.yaml");
        await File.WriteAllTextAsync(file, SloText.With("target: 0.995", "target: 2"), TestContext.Current.CancellationToken);

        (int exit, string output, _) = await RunAsync("validate", file, "--json");

        Assert.Equal(1, exit);
        Assert.Equal(28, JsonDocument.Parse(output).RootElement.GetProperty("errors")[0].GetProperty("line").GetInt32());
    }

    [Fact]
    public async Task What_Prometheus_cannot_measure_is_valid_OpenSLO_all_the_same()
    {
        string file = Path.Combine(_folder, "datadog.yaml");
        await File.WriteAllTextAsync(file, SloText.With("type: prometheus, connectionDetails", "type: datadog, connectionDetails"), TestContext.Current.CancellationToken);

        Assert.Equal(1, (await RunAsync("validate", file)).Exit);
        Assert.Equal(0, (await RunAsync("validate", file, "--format-only")).Exit);
    }

    [Fact]
    public async Task List_tells_objectives_and_the_error_ratios_that_alert()
    {
        (int exit, string output, _) = await RunAsync("list", Path.Combine(Repository.Root, "slos"));

        string line = Assert.Single(output.Split('\n'), l => l.Contains("notes-availability", StringComparison.Ordinal));
        Assert.Equal(0, exit);
        Assert.Contains("99.5 %", line, StringComparison.Ordinal);
        Assert.Contains("7.2 % over 5m/1h, 3 % over 30m/6h", line, StringComparison.Ordinal);
        Assert.Contains("1.5 % over 2h/1d, 0.5 % over 6h/3d", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_as_JSON_names_the_file_and_every_alert()
    {
        (_, string output, _) = await RunAsync("list", Path.Combine(Repository.Root, "slos"), "--json");

        JsonElement outbox = JsonDocument.Parse(output).RootElement.EnumerateArray().Single(b => b.GetProperty("name").GetString() == "notes-outbox-age");
        Assert.EndsWith("notes-outbox-age.yaml", outbox.GetProperty("file").GetString(), StringComparison.Ordinal);
        Assert.Equal(14.4m, outbox.GetProperty("alerts")[0].GetProperty("burnRate").GetDecimal());
        Assert.Equal(["NotesOutboxAgeFastBurn", "NotesOutboxAgeSlowBurn", "NotesOutboxAgeAbsent"], outbox.GetProperty("alertNames").EnumerateArray().Select(n => n.GetString()));
    }

    private static async Task<(int Exit, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        using StringWriter output = new(), errors = new();
        int exit = await SloCommand.Create().Parse(arguments).InvokeAsync(new() { Output = output, Error = errors }, TestContext.Current.CancellationToken);
        return (exit, output.ToString(), errors.ToString());
    }
}
