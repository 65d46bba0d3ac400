using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.Versioning;
using Back2Code.IntegrationTests.Servers;
using Back2Code.Lab.Supervision;
using Back2Code.Lab.Supervision.Linux;
using Back2Code.Lab.Topology;

namespace Back2Code.IntegrationTests.Supervision;

/// <summary>A home folder with a small topology of real programs, and a state folder that goes away with it.</summary>
[SupportedOSPlatform("linux")]
internal sealed class SmallPlatform : IAsyncDisposable, IProgress<PlatformProgress>
{
    public const string Sleeper = "  sleeper: {program: sleep, arguments: [infinity]}\n";

    public const string Redis =
        "  redis: {program: redis-server, port: 79, files: {redis.conf: deploy/redis/redis.conf}, arguments: ['${config}/redis.conf'], ready: {probe: redis, secret: redis}}\n";

    /// <summary>Redis with something more to say about it.</summary>
    public static string RedisThat(string more) => Redis.Replace("redis: {program", $"redis: {{{more}, program", StringComparison.Ordinal);

    public const string Postgres =
        "  postgres: {program: /usr/lib/postgresql/*/bin/postgres, port: 32, setup: postgres, schemas: [notes, other], stop: {signal: INT, timeout: 3s}, ready: {probe: postgres}, " +
        "arguments: [-D, '${data}/cluster', -h, 127.0.0.1, -p, '${port}', -k, '', -c, shared_buffers=16MB, -c, fsync=off]}\n";

    private readonly List<Platform> _started = [];

    private SmallPlatform(string folder, string processes)
    {
        Folder = folder;
        // The user that root's children run as must be able to enter.
        File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        State = Path.Combine(folder, "state");
        File.CreateSymbolicLink(Path.Combine(folder, "deploy"), Path.Combine(RepositoryRoot, "deploy"));
        File.CreateSymbolicLink(Path.Combine(folder, "artifacts"), Path.Combine(RepositoryRoot, "artifacts"));
        WriteTopology(processes);
    }

    public string Folder { get; }

    public string State { get; set; }

    public ConcurrentQueue<PlatformProgress> Messages { get; } = new();

    public string AllMessages => string.Join('\n', Messages.Select(m => $"{m.Process}: {m.Text}"));

    public StatePaths Paths => new(State);

    private static string RepositoryRoot { get; } = FindRepository();

    public static SmallPlatform Of(params string[] processes) =>
        new(Directory.CreateTempSubdirectory("b2c-test-").FullName, "processes:\n" + string.Concat(processes));

    public static SmallPlatform OfTopology(string topology) => new(Directory.CreateTempSubdirectory("b2c-test-").FullName, topology);

    public void WriteTopology(string rest) => File.WriteAllText(Path.Combine(Folder, "topology.yaml"), "version: 1\n" + rest);

    public PlatformOptions Options(int? portBase = null) => new()
    {
        Home = Folder,
        StateDirectory = State,
        PortBase = portBase,
        StartTimeout = TimeSpan.FromSeconds(60),
    };

    public async Task<Platform> StartAsync(int? portBase = null)
    {
        var platform = await Platform.StartAsync(Options(portBase), this, TestContext.Current.CancellationToken);
        _started.Add(platform);
        return platform;
    }

    /// <summary>The message of the start that must fail. Nothing may be left running after it.</summary>
    public async Task<string> StartFailsAsync(int? portBase = null)
    {
        var error = await Assert.ThrowsAsync<LabException>(() => StartAsync(portBase));
        Assert.Empty(Children());
        return error.Message;
    }

    /// <summary>The lab as a process of its own, that can be killed.</summary>
    public Process StartLabProcess()
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "back2code.dll"), "up", "--state", State, "--port-base", "auto"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.Environment["BACK2CODE_HOME"] = Folder;
        return Process.Start(start)!;
    }

    public async Task<LabStatus> ReadyAsync()
    {
        LabStatus? ready = null;
        await Eventually.IsTrueAsync(
            async () =>
            {
                using var client = await LabClient.TryConnectAsync(State, TestContext.Current.CancellationToken);
                ready = client is null ? null : await client.GetStatusAsync(TestContext.Current.CancellationToken);
                return ready is { Ready: true };
            },
            TimeSpan.FromSeconds(60),
            "everything is ready");
        return ready!;
    }

    /// <summary>Everything alive that bears this state folder's mark or works inside it.</summary>
    public IReadOnlyList<int> Children()
    {
        var root = State + "/";
        return [.. ProcFs.AllPids().Where(pid => pid != Environment.ProcessId
            && ProcFs.Stat(pid) is { State: not ('Z' or 'X') }
            && (ProcFs.HasEnvironment(pid, $"BACK2CODE_LAB={State}") || ((ProcFs.WorkingDirectory(pid) ?? "") + "/").StartsWith(root, StringComparison.Ordinal)))];
    }

    public static void Kill(ProcessStatus process) => Signal(process, Signals.Kill);

    public static void Signal(ProcessStatus process, int signal) => Assert.True(Posix.Signal(process.Pid!.Value, process.StartTicks!.Value, signal));

    /// <summary>From now on every message meets a full disk.</summary>
    public bool TakesNoMessages { get; set; }

    public void Report(PlatformProgress value)
    {
        if (TakesNoMessages)
        {
            throw new IOException("No space left on device");
        }

        Messages.Enqueue(value);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var platform in _started)
        {
            await platform.DisposeAsync();
        }

        Assert.Empty(Children());
        Directory.Delete(Folder, recursive: true);
    }

    private static string FindRepository()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "topology.yaml")))
            {
                return folder;
            }
        }

        throw new InvalidOperationException("There is no topology.yaml above the tests.");
    }
}
