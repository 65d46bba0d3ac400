using System.Collections.Concurrent;
using System.Diagnostics;
using Back2Code.Chaos.Faults;
using Back2Code.Chaos.Faults.Processes;
using Back2Code.Chaos.Proxy;
using Back2Code.IntegrationTests.Proxy;

namespace Back2Code.IntegrationTests.Faults;

/// <summary>A platform of a few real child processes and a real fault proxy, seen through the same seam as the lab's.</summary>
internal sealed class PlatformUnderTest : IFaultTarget, IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Process> _processes = new();
    private readonly ProxyUnderTest _proxy;

    private PlatformUnderTest(ProxyUnderTest proxy) => _proxy = proxy;

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public string FaultsDirectory { get; } = Path.Combine(Path.GetTempPath(), $"back2code-faults-{Guid.NewGuid():n}");

    public string StateDirectory { get; } = Directory.CreateTempSubdirectory("back2code-state-").FullName;

    public ToxiproxyClient Toxiproxy => _proxy.Client;

    public ProxyUnderTest Proxy => _proxy;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>What the supervisor was asked for, in order: "hold NAME SECONDS", "release NAME".</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    public static async Task<PlatformUnderTest> StartAsync() => new(await ProxyUnderTest.StartAsync());

    /// <summary>Starts a shell script as a process of the topology and waits until it has said "ready".</summary>
    public async Task<LinuxProcess> RunAsync(string name, string script = "echo ready; exec sleep 1000")
    {
        var process = Process.Start(new ProcessStartInfo("setsid", ["sh", "-c", script]) { RedirectStandardOutput = true })!;
        _processes[name] = process;
        Assert.Equal("ready", await process.StandardOutput.ReadLineAsync(Cancellation));
        return LinuxProcess.Find(process.Id)!;
    }

    /// <summary>The folder in which a process would work.</summary>
    public string DataFolderOf(string name) => Directory.CreateDirectory(Path.Combine(StateDirectory, "data", name)).FullName;

    public void Forget(string name) => _processes.TryRemove(name, out _);

    public Task<ProxyDocument> LinkAsync(string name, Upstream upstream) => _proxy.CreateLinkAsync(name, upstream.Address);

    public string[] UndoRecords() => Directory.Exists(FaultsDirectory) ? Directory.GetFiles(FaultsDirectory) : [];

    public Task<IReadOnlyList<TargetProcess>> ListProcessesAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<TargetProcess>>([.. _processes.Select(p => new TargetProcess(p.Key, p.Value.HasExited ? null : p.Value.Id))]);

    public Task HoldAsync(string process, TimeSpan lease, CancellationToken cancellationToken)
    {
        Requests.Enqueue($"hold {process} {lease.TotalSeconds}");
        return Task.CompletedTask;
    }

    public Task ReleaseAsync(string process, CancellationToken cancellationToken)
    {
        Requests.Enqueue($"release {process}");
        return Task.CompletedTask;
    }

    public Task<InjectedFault> InjectAsync(string type, string target, TimeSpan? @for = null, params (string Name, string Value)[] parameters) =>
        FaultCatalogue.Find(type).InjectAsync(ContextFor(target, @for, parameters), Cancellation);

    public FaultContext ContextFor(string target, TimeSpan? @for = null, params (string Name, string Value)[] parameters) => new()
    {
        Platform = this,
        Target = target,
        For = @for,
        Parameters = parameters.ToDictionary(p => p.Name, p => p.Value),
    };

    public static async Task UntilAsync(Func<bool> condition, string what)
    {
        long start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(5), $"still not so after 5 s: {what}");
            await Task.Delay(2, Cancellation);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes.Values)
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
                await process.WaitForExitAsync();
            }

            process.Dispose();
        }

        await _proxy.DisposeAsync();
        Directory.Delete(StateDirectory, recursive: true);
        if (Directory.Exists(FaultsDirectory))
        {
            Directory.Delete(FaultsDirectory, recursive: true);
        }
    }
}
