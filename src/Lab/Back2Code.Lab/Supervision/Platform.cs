using Back2Code.Lab.Supervision.Linux;
using Back2Code.Lab.Topology;

namespace Back2Code.Lab.Supervision;

/// <summary>
/// A running platform: started by this process, which then is its lab, or found running and attached to.
/// When the process that started it dies, by whatever signal, so does the platform.
/// </summary>
public sealed class Platform : IAsyncDisposable
{
    private readonly LabHost? _lab;
    private readonly int? _gatewayPort;

    private Platform(LabClient client, StatePaths paths, LabHost? lab, LabStatus status)
    {
        Client = client;
        Paths = paths;
        this._lab = lab;
        _gatewayPort = status.Processes.FirstOrDefault(p => p.Name == "gateway")?.Port;
    }

    public LabClient Client { get; }

    public StatePaths Paths { get; }

    /// <summary>True when this process started it; then disposing stops it.</summary>
    public bool Owned => _lab is not null;

    /// <summary>Done when somebody asked this process, as the owner, to stop the platform. Never done otherwise.</summary>
    public Task ShutdownAsked => _lab?.ShutdownAsked ?? Task.Delay(Timeout.Infinite);

    /// <summary>Attaches to the platform on the state folder if one runs there, else starts it. Returns when every process is ready.</summary>
    /// <exception cref="LabException">It cannot start; the message says why and what to do. Nothing is left running.</exception>
    public static async Task<Platform> StartOrAttachAsync(
        PlatformOptions options, IProgress<PlatformProgress>? progress, CancellationToken cancellationToken) =>
        await TryAttachAsync(options, progress, cancellationToken) ?? await StartAsync(options, progress, cancellationToken);

    /// <summary>Starts the platform; a platform that already runs on the state folder is an error.</summary>
    /// <exception cref="LabException">It cannot start; the message says why and what to do. Nothing is left running.</exception>
    public static async Task<Platform> StartAsync(
        PlatformOptions options, IProgress<PlatformProgress>? progress, CancellationToken cancellationToken)
    {
        var lab = await LabHost.StartAsync(options, p => Tell(progress, p), cancellationToken);
        return new Platform(new LabClient(lab.ControlSocket), lab.Paths, lab, lab.Status());
    }

    /// <summary>Attaches to the platform that runs on the state folder and waits until it is ready; null when none runs.</summary>
    public static async Task<Platform?> TryAttachAsync(
        PlatformOptions options, IProgress<PlatformProgress>? progress, CancellationToken cancellationToken)
    {
        if (await LabClient.TryConnectAsync(options.EffectiveStateDirectory, cancellationToken) is not { } client)
        {
            return null;
        }

        try
        {
            var status = await client.WaitUntilReadyAsync(options.StartTimeout, progress, cancellationToken);
            return new Platform(client, new StatePaths(status.StateDirectory), lab: null, status);
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>A bearer token of <paramref name="subject"/> that this platform's services accept, with what <paramref name="role"/> may do.</summary>
    public string CreateToken(string subject, TimeSpan lifetime, string role) => LabTokens.Create(Paths, _gatewayPort ?? 0, subject, lifetime, role);

    /// <summary>The same for the platform of a state folder, running or not.</summary>
    public static string CreateToken(PlatformOptions options, string subject, TimeSpan lifetime, string role)
    {
        var portBase = LabRecord.TryRead(options.EffectiveStateDirectory)?.PortBase ?? options.PortBase ?? PlatformOptions.DefaultPortBase;
        var topology = TopologyFile.Load(options.EffectiveTopologyFile);
        var gateway = new PortPlan(topology, portBase).TryPortOf("gateway") ?? 0;
        return LabTokens.Create(new StatePaths(options.EffectiveStateDirectory), gateway, subject, lifetime, role);
    }

    /// <summary>Stops the platform of a state folder, whoever runs it, and cleans up after one whose lab was killed.</summary>
    /// <returns>False when there was nothing to stop.</returns>
    public static async Task<bool> StopAsync(PlatformOptions options, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(options.EffectiveStateDirectory))
        {
            return false;
        }

        var record = LabRecord.TryRead(options.EffectiveStateDirectory);
        using var client = await LabClient.TryConnectAsync(options.EffectiveStateDirectory, cancellationToken);
        if (client is not null && record is not null)
        {
            await client.ShutdownAsync(cancellationToken);
            await EndOfAsync(record, cancellationToken);
        }

        var killed = await LabHost.CleanUpAsync(options, cancellationToken);
        return client is not null || killed > 0;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (_lab is not null)
        {
            await _lab.DisposeAsync();
        }
    }

    /// <summary>A lab stops in 10 s; one that does not is killed, and its children with it.</summary>
    private static async Task EndOfAsync(LabRecord lab, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(15));
        try
        {
            while (ProcFs.IsAlive(lab.Pid, lab.StartTime))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), limit.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            Posix.Signal(lab.Pid, lab.StartTime, Signals.Kill);
        }
    }

    /// <summary>A log on a full disk, or a terminal that is gone, takes no more lines. Whoever supervises goes on without them.</summary>
    private static void Tell(IProgress<PlatformProgress>? progress, PlatformProgress value)
    {
        try
        {
            progress?.Report(value);
        }
        catch (IOException)
        {
            // There is nobody left to tell.
        }
    }
}
