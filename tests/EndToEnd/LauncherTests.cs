namespace Back2Code.EndToEndTests;

/// <summary>The launcher finds its checkout from anywhere, and tells what is missing instead of failing later.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class LauncherTests
{
    private const UnixFileMode Open =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

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

    [Fact]
    public async Task An_ordinary_user_installs_what_is_missing_through_sudo()
    {
        // A checkout whose topology names a program that nobody has, and a sudo that shows what it is asked for instead of doing it.
        using var folder = new TemporaryFolder();
        File.Copy(Repository.Launcher, Path.Combine(folder.Path, "back2code"));
        await File.WriteAllTextAsync(
            Path.Combine(folder.Path, "topology.yaml"), "version: 1\nprocesses:\n  absent:\n    program: no-such-program\n    package: no-such-package\n", TestContext.Current.CancellationToken);
        var tools = Directory.CreateDirectory(Path.Combine(folder.Path, "tools")).FullName;
        foreach (var (name, text) in new[] { ("sudo", "printf '%s\\n' \"$@\"; exit 7"), ("apt-get", "exit 0") })
        {
            await File.WriteAllTextAsync(Path.Combine(tools, name), $"#!/bin/sh\n{text}\n", TestContext.Current.CancellationToken);
            File.SetUnixFileMode(Path.Combine(tools, name), Open);
        }

        File.SetUnixFileMode(folder.Path, Open);
        File.SetUnixFileMode(tools, Open);
        string[] asNobody = Environment.IsPrivilegedProcess ? ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : ["/usr/bin/env"];

        await using var command = RunningCommand.StartIn(
            "/", asNobody[0], [.. asNobody[1..], Path.Combine(folder.Path, "back2code"), "up"],
            new Dictionary<string, string?> { ["PATH"] = $"{tools}:{Path.GetDirectoryName(Environment.ProcessPath)}:/usr/bin:/bin", ["HOME"] = folder.Path });
        var exit = await command.WaitAsync(Limit, TestContext.Current.CancellationToken);

        Assert.Equal(7, exit);
        Assert.Contains("installing no-such-package (sudo may ask for your password)", command.Errors, StringComparison.Ordinal);
        Assert.StartsWith("--\nbash\n-c\n", command.Output, StringComparison.Ordinal);

        // The script brings its functions along, and gets the packages as arguments, not as text.
        Assert.All(["say ()", "install_packages ()", "apt_install ()", "restore_guards ()", "disable_new_units ()"], f => Assert.Contains(f, command.Output, StringComparison.Ordinal));
        Assert.EndsWith("install_packages \"$@\"\nback2code\nno-such-package\n", command.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_runtime_that_the_unprivileged_user_cannot_reach_is_copied_to_where_he_can()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root runs the platform as somebody else.");
        var cancellationToken = TestContext.Current.CancellationToken;
        using var state = new StateFolder();
        using var folder = new TemporaryFolder();
        var sdk = Path.GetDirectoryName(Path.GetFullPath(new FileInfo(Environment.ProcessPath!).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? Environment.ProcessPath!))!;

        // In a mount namespace of its own the SDK lies in a folder of root's, and the place of copies is empty.
        const string script = """
            set -e
            mkdir -p "$1/private/dotnet" /var/lib/back2code
            chmod 700 "$1/private"
            mount --bind "$2" "$1/private/dotnet"
            mount -t tmpfs none "$2"
            mount -t tmpfs -o mode=755 none /var/lib/back2code
            export PATH="$1/private/dotnet:$PATH" DOTNET_ROOT=
            "$3" up --detach --state "$4" --port-base auto
            for pid in $(pgrep -f "^/var/lib/back2code/dotnet-.*Back2Code.Notes.dll"); do readlink "/proc/$pid/exe"; done
            "$3" down --state "$4"
            """;
        await using var command = RunningCommand.StartIn(
            Repository.Root, "/usr/bin/unshare", ["--mount", "/bin/sh", "-c", script, "sh", folder.Path, sdk, Repository.Launcher, state.Path]);
        var exit = await command.WaitAsync(TimeSpan.FromSeconds(180), cancellationToken);

        Assert.True(exit == 0, command.ToString());
        Assert.Contains($"cannot use {folder.Path}/private/dotnet/dotnet; a copy of the runtime is in /var/lib/back2code/dotnet-10.", command.Errors, StringComparison.Ordinal);
        Assert.Contains("/var/lib/back2code/dotnet-10.", command.Output, StringComparison.Ordinal);
        await state.AssertNothingIsLeftAsync(cancellationToken);
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
