using System.CommandLine;
using System.CommandLine.Parsing;
using Back2Code.Cli.Commands;

namespace Back2Code.UnitTests.Commands;

/// <summary>What scripts and people may rely on of every command, whichever it is.</summary>
public sealed class CommandTreeTests
{
    // What a shell would take for its own; the command ends before it.
    private static readonly string[] ShellSigns = [" | ", " && ", " < ", " > "];

    private static readonly RootCommand Root = CommandTree.Create();

    public static TheoryData<string> Paths => [.. Runnable(Root).Select(command => PathOf(command))];

    [Fact]
    public void The_tree_holds_the_commands_of_the_contract()
    {
        string[] contract = ["up", "down", "status", "logs", "drill run", "drill list", "toxiproxy", "traffic run", "slo validate", "sbom", "experiment validate"];

        Assert.Empty(contract.Except(Runnable(Root).Select(PathOf)));
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task Every_command_has_help_with_an_example_of_itself(string path)
    {
        using var output = new StringWriter();
        var parsed = Root.Parse([.. path.Split(' '), "--help"]);
        var exit = await parsed.InvokeAsync(new InvocationConfiguration { Output = output }, TestContext.Current.CancellationToken);

        Assert.Equal(0, exit);
        var lines = output.ToString().Split('\n', StringSplitOptions.TrimEntries);
        Assert.Contains("Examples:", lines);
        Assert.Contains(lines, line => line.EndsWith($"back2code {path}", StringComparison.Ordinal) || line.Contains($"back2code {path} ", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Every_example_can_be_typed_and_with_state(string path)
    {
        var examples = Examples(Find(path)).ToList();

        Assert.NotEmpty(examples);
        Assert.All(examples, example => Assert.Empty(Root.Parse(example).Errors));
        Assert.All(
            examples.Where(example => !example.Contains("--state")),
            example => Assert.Empty(Root.Parse([.. example, "--state", "a folder"]).Errors));
        Assert.Single(Find(path).Options, o => o.Name == "--state");
    }

    [Theory]
    [InlineData("slo list", false)]
    [InlineData("sbom", false)]
    [InlineData("toxiproxy list", false)]
    [InlineData("status", true)]
    [InlineData("heal", true)]
    public void Only_a_command_that_reads_a_state_folder_says_so(string path, bool reads)
    {
        var state = Assert.Single(Find(path).Options, o => o.Name == "--state");

        Assert.Equal(reads, state is not UnusedState);
    }

    private static IEnumerable<Command> Runnable(Command command) =>
        command.Subcommands.Where(c => !c.Hidden).SelectMany(Runnable).Concat(command is { Action: not null } and not RootCommand ? [command] : []);

    private static string PathOf(Command command) =>
        command.Parents.OfType<Command>().SingleOrDefault(p => p is not RootCommand) is { } parent ? $"{PathOf(parent)} {command.Name}" : command.Name;

    private static Command Find(string path) => Runnable(Root).Single(c => PathOf(c) == path);

    /// <summary>The lines of a command's text that begin with it, as the arguments that a shell would make of them.</summary>
    private static IEnumerable<string[]> Examples(Command command) =>
        from line in command.Description!.Split('\n', StringSplitOptions.TrimEntries)
        where line.StartsWith("back2code ", StringComparison.Ordinal)
        let end = ShellSigns.Select(sign => line.IndexOf(sign, StringComparison.Ordinal)).Where(i => i >= 0).DefaultIfEmpty(line.Length).Min()
        select CommandLineParser.SplitCommandLine(line[..end]).Skip(1).ToArray();
}
