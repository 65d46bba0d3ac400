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
        // In a mount namespace of its own the SDK's folder is empty. An ordinary user gets one as the root of a user namespace.
        using var tools = new ToolFolder();
        const string script = "mount -t tmpfs none \"$1\" && exec \"$2\" up";
        var sdk = Path.GetDirectoryName(Path.GetFullPath(Environment.ProcessPath!))!;

        await using var command = RunningCommand.StartIn(
            Repository.Root, "/usr/bin/unshare", ["--map-root-user", "--mount", "/bin/sh", "-c", script, "sh", sdk, Repository.Launcher],
            new Dictionary<string, string?> { ["PATH"] = tools.Path, ["DOTNET_ROOT"] = null, ["HOME"] = tools.Path });
        var exit = await command.WaitAsync(Limit, TestContext.Current.CancellationToken);

        Assert.NotEqual(0, exit);
        Assert.Contains(".NET 10 SDK", command.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Told_not_to_install_it_lists_what_is_missing_and_stops()
    {
        using var tools = new ToolFolder();

        await using var command = RunningCommand.StartIn(
            Repository.Root, Repository.Launcher, ["up", "--no-install"], new Dictionary<string, string?> { ["PATH"] = tools.Path });
        var exit = await command.WaitAsync(Limit, TestContext.Current.CancellationToken);

        Assert.NotEqual(0, exit);
        Assert.Contains("redis-server", command.Errors, StringComparison.Ordinal);
        Assert.Contains("apt-get install", command.Errors, StringComparison.Ordinal);
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

    /// <summary>A PATH that holds the tools which the launcher itself needs, and none of the programs that it looks for.</summary>
    private sealed class ToolFolder : IDisposable
    {
        private readonly TemporaryFolder _folder = new();

        public ToolFolder()
        {
            foreach (var tool in (string[])["bash", "sh", "dirname", "readlink", "id", "uname", "cat", "env", "grep", "sed", "mount"])
            {
                File.CreateSymbolicLink(System.IO.Path.Combine(_folder.Path, tool), $"/usr/bin/{tool}");
            }
        }

        public string Path => _folder.Path;

        public void Dispose() => _folder.Dispose();
    }
}
