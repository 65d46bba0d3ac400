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
    public async Task Without_apt_it_says_what_to_install_by_other_means()
    {
        using var tools = new ToolFolder();

        await using var command = RunningCommand.StartIn(
            Repository.Root, Repository.Launcher, ["up"], new Dictionary<string, string?> { ["PATH"] = tools.Path });
        var exit = await command.WaitAsync(Limit, TestContext.Current.CancellationToken);

        Assert.NotEqual(0, exit);
        Assert.Contains("There is no apt here; install what Debian calls ", command.Errors, StringComparison.Ordinal);
        Assert.Contains("redis-server", command.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, "up --detach")]
    [InlineData(true, "drill run postgres-crash")]
    [InlineData(true, "drill compare slow-database")]
    [InlineData(true, "drill sweep slow-database")]
    [InlineData(true, "gameday start --blind")]
    [InlineData(false, "drill run --help")]
    [InlineData(false, "drill list")]
    [InlineData(false, "drill verify-report reports/one")]
    [InlineData(false, "gameday status")]
    [InlineData(false, "sbom")]
    [InlineData(false, "fault list")]
    [InlineData(false, "fault add process.kill --target redis")]
    [InlineData(false, "experiment validate experiment.yaml")]
    [InlineData(false, "incident list")]
    [InlineData(false, "audit verify")]
    [InlineData(false, "toxiproxy --port 0")]
    [InlineData(false, "slo list")]
    [InlineData(false, "heal")]
    public async Task Only_a_command_that_starts_servers_asks_for_their_programs(bool starts, string line)
    {
        using var checkout = new BareCheckout(("sdk/dotnet", "echo \"dotnet: $*\""));
        Directory.CreateDirectory(Path.Combine(checkout.Tools, "sdk/sdk/10.0.100"));

        await using var command = checkout.Start("/usr/bin/env", [checkout.Launcher, .. line.Split(' '), "--no-install"], Path.Combine(checkout.Tools, "sdk"));
        var exit = await command.WaitAsync(Limit, TestContext.Current.CancellationToken);

        Assert.True(exit == (starts ? 1 : 0), command.ToString());
        Assert.Equal(starts, command.Errors.Contains("not installed: no-such-program.", StringComparison.Ordinal));
        Assert.Equal(!starts, command.Output.Contains($"back2code.dll {line}\n", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_ordinary_user_installs_what_is_missing_through_sudo()
    {
        // A sudo that shows what it is asked for instead of doing it.
        using var checkout = new BareCheckout(("sudo", "printf '%s\\n' \"$@\"; exit 7"), ("apt-get", "exit 0"));
        string[] asNobody = Environment.IsPrivilegedProcess ? ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : ["/usr/bin/env"];

        await using var command = checkout.Start(asNobody[0], [.. asNobody[1..], checkout.Launcher, "up"], Path.GetDirectoryName(Environment.ProcessPath)!);
        var exit = await command.WaitAsync(Limit, TestContext.Current.CancellationToken);

        Assert.Equal(7, exit);
        Assert.Contains("installing no-such-package (sudo may ask for your password)", command.Errors, StringComparison.Ordinal);
        Assert.StartsWith("--\nbash\n-c\n", command.Output, StringComparison.Ordinal);

        // The script brings its functions along, and gets the packages as arguments, not as text.
        Assert.All(["say ()", "install_packages ()", "apt_install ()", "restore_guards ()", "disable_new_units ()"], f => Assert.Contains(f, command.Output, StringComparison.Ordinal));
        Assert.EndsWith("install_packages \"$@\"\nback2code\nno-such-package\n", command.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Roots_private_clone_and_runtime_are_copied_to_where_the_unprivileged_user_can_reach_them()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root runs the platform as somebody else.");
        using var folder = new TemporaryFolder();
        var sdk = Path.GetDirectoryName(Path.GetFullPath(new FileInfo(Environment.ProcessPath!).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? Environment.ProcessPath!))!;

        // In a mount namespace of its own clone and SDK lie in a folder of root's, and the place of copies is empty. The clone is this checkout, built as it is.
        const string script = """
            set -e
            private=$1/private clone=$1/private/clone
            mkdir -p "$private/dotnet" "$clone" /var/lib/back2code
            chmod 700 "$private"
            for entry in "$3"/*; do
                if [ -d "$entry" ]; then
                    mkdir "$clone/${entry##*/}"
                    mount --bind "$entry" "$clone/${entry##*/}"
                else
                    cp -p "$entry" "$clone/"
                fi
            done
            mount --bind "$2" "$private/dotnet"
            mount -t tmpfs none "$2"
            mount -t tmpfs -o mode=755 none /var/lib/back2code
            export PATH="$private/dotnet:$PATH" DOTNET_ROOT=

            trap '"$clone/back2code" down >/dev/null' EXIT
            "$clone/back2code" up --detach --port-base auto
            namespace=$(readlink /proc/self/ns/mnt)
            ours() { for process in /proc/[0-9]*; do [ "$(readlink "$process/ns/mnt")" != "$namespace" ] || echo "${process#/proc/}"; done; }
            for pid in $(ours); do
                if [ "$pid" != $$ ] && grep -q Back2Code.Notes.dll "/proc/$pid/cmdline"; then echo "notes: $(stat -c %U "/proc/$pid") $(readlink "/proc/$pid/exe") $(tr '\0' ' ' <"/proc/$pid/cmdline")"; fi
            done
            echo "state: $(readlink "$clone/.back2code")"
            "$clone/back2code" status
            "$clone/back2code" down
            trap - EXIT
            for pid in $(ours); do
                [ "$pid" = $$ ] || [ ! -e "/proc/$pid" ] || echo "left: $pid $(tr '\0' ' ' <"/proc/$pid/cmdline")"
            done
            """;
        await using var command = RunningCommand.StartIn(
            Repository.Root, "/usr/bin/unshare", ["--mount", "/bin/sh", "-c", script, "sh", folder.Path, sdk, Repository.Root]);
        var exit = await command.WaitAsync(TimeSpan.FromSeconds(180), TestContext.Current.CancellationToken);

        Assert.True(exit == 0, command.ToString());
        Assert.Matches($"user postgres cannot enter {folder.Path}/private/clone; the programs that run as postgres, and their data, are in /var/lib/back2code/[0-9a-f]{{12}}\n", command.Errors);
        Assert.Contains($"cannot use {folder.Path}/private/dotnet/dotnet; a copy of the runtime is in /var/lib/back2code/dotnet-10.", command.Errors, StringComparison.Ordinal);
        var notes = command.Output.Split('\n').Where(line => line.StartsWith("notes: ", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, notes.Count);
        Assert.All(notes, line => Assert.Matches("^notes: postgres /var/lib/back2code/dotnet-10[^ ]*/dotnet .* /var/lib/back2code/[0-9a-f]{12}/bin/Back2Code.Notes/release/Back2Code.Notes.dll", line));
        Assert.Matches("(?m)^state: /var/lib/back2code/[0-9a-f]{12}/state$", command.Output);
        Assert.Matches("(?m)^.*notes-1.*ready", command.Output);
        Assert.EndsWith("Stopped.\n", command.Output, StringComparison.Ordinal);
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

    /// <summary>A launcher without anything to launch: its topology names a program that nobody has. Every user can enter.</summary>
    private sealed class BareCheckout : IDisposable
    {
        private readonly TemporaryFolder _folder = new();

        /// <param name="tools">Programs that come before all others, by name below <see cref="Tools"/>, as lines of a shell.</param>
        public BareCheckout(params (string Name, string Text)[] tools)
        {
            File.Copy(Repository.Launcher, Launcher);
            File.WriteAllText(Path.Combine(_folder.Path, "topology.yaml"), "version: 1\nprocesses:\n  absent:\n    program: no-such-program\n    package: no-such-package\n");
            foreach (var (name, text) in tools)
            {
                var file = Path.Combine(Tools, name);
                Directory.CreateDirectory(Path.GetDirectoryName(file)!);
                File.WriteAllText(file, $"#!/bin/sh\n{text}\n");
                File.SetUnixFileMode(file, Open);
            }

            File.SetUnixFileMode(_folder.Path, Open);
            File.SetUnixFileMode(Tools, Open);
        }

        public string Launcher => Path.Combine(_folder.Path, "back2code");

        public string Tools => Path.Combine(_folder.Path, "tools");

        public RunningCommand Start(string program, IEnumerable<string> arguments, string sdk) => RunningCommand.StartIn(
            "/", program, arguments, new Dictionary<string, string?> { ["PATH"] = $"{Tools}:{sdk}:/usr/bin:/bin", ["HOME"] = _folder.Path, ["DOTNET_ROOT"] = null });

        public void Dispose() => _folder.Dispose();
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
