namespace Back2Code.EndToEndTests;

/// <summary>The launcher finds its checkout from anywhere, and tells what is missing instead of failing later.</summary>
public sealed class LauncherTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Runs_from_another_folder_through_a_symlink_with_spaces_in_its_path()
    {
        using var folder = new TemporaryFolder();
        var elsewhere = Directory.CreateDirectory(Path.Combine(folder.Path, "a folder with spaces")).FullName;
        var link = Path.Combine(elsewhere, "my back2code");
        File.CreateSymbolicLink(link, Repository.Launcher);

        await using var list = RunningCommand.StartIn(elsewhere, link, ["drill", "list", "--json"]);
        var exit = await list.WaitAsync(Limit, TestContext.Current.CancellationToken);

        Assert.True(exit == 0, list.ToString());
        Assert.Contains("postgres-crash", list.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_the_sdk_it_says_where_to_get_it()
    {
        // An empty PATH but for the tools that the launcher itself needs.
        using var folder = new TemporaryFolder();
        foreach (var tool in (string[])["bash", "dirname", "readlink", "id", "uname", "cat", "env", "grep", "sed"])
        {
            File.CreateSymbolicLink(Path.Combine(folder.Path, tool), $"/usr/bin/{tool}");
        }

        await using var command = RunningCommand.StartIn(
            Repository.Root, Repository.Launcher, ["up"], new Dictionary<string, string?> { ["PATH"] = folder.Path, ["DOTNET_ROOT"] = null });
        var exit = await command.WaitAsync(Limit, TestContext.Current.CancellationToken);

        Assert.NotEqual(0, exit);
        Assert.Contains(".NET 10 SDK", command.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("up", "--help")]
    [InlineData("drill", "run", "--help")]
    [InlineData("traffic", "run", "--help")]
    [InlineData("toxiproxy", "--help")]
    public async Task Help_shows_an_example(params string[] arguments)
    {
        await using var help = RunningCommand.Start(arguments);
        var exit = await help.WaitAsync(Limit, TestContext.Current.CancellationToken);

        Assert.Equal(0, exit);
        Assert.Contains("back2code", help.Output, StringComparison.Ordinal);
        Assert.Contains("xample", help.Output, StringComparison.Ordinal);
    }
}
