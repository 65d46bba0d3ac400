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
        Assert.Equal(2, JsonDocument.Parse(output).RootElement.GetProperty("slos").GetArrayLength());
    }

    [Fact]
    public async Task Validate_names_every_mistake_on_a_line_of_its_own()
    {
        string file = Path.Combine(_folder, "bad.yaml");
        await File.WriteAllTextAsync(file, SloText.With("target: 0.995", "target: 2").Replace("30d", "30x", StringComparison.Ordinal), TestContext.Current.CancellationToken);

        (int exit, _, string errors) = await RunAsync("validate", file);

        Assert.Equal(1, exit);
        Assert.Equal([$"{file}:26", $"{file}:28"], errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => string.Join(':', l.Split(':')[..2])));
    }

    [Fact]
    public async Task Generate_writes_rules_for_the_scale()
    {
        (int exit, _, _) = await RunAsync("generate", Path.Combine(Repository.Root, "slos"), "--out", _folder, "--time-scale", "720");

        Assert.Equal(0, exit);
        Assert.Contains("slo:burn_rate:5s", await File.ReadAllTextAsync(Path.Combine(_folder, "slo.yaml"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
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
    public async Task A_scale_out_of_range_is_a_message() =>
        Assert.Contains("TimeScale is 0", (await RunAsync("generate", Path.Combine(Repository.Root, "slos"), "--out", _folder, "--time-scale", "0")).Errors, StringComparison.Ordinal);

    private static async Task<(int Exit, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        using StringWriter output = new(), errors = new();
        int exit = await SloCommand.Create().Parse(arguments).InvokeAsync(new() { Output = output, Error = errors }, TestContext.Current.CancellationToken);
        return (exit, output.ToString(), errors.ToString());
    }
}
