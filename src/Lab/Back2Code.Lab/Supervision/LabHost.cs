using System.Diagnostics;
using Back2Code.Authentication.Signing;
using Back2Code.Lab.Supervision.Children;
using Back2Code.Lab.Supervision.Linux;
using Back2Code.Lab.Supervision.Probes;
using Back2Code.Lab.Supervision.Setup;
using Back2Code.Lab.Supervision.State;
using Back2Code.Lab.Topology;

namespace Back2Code.Lab.Supervision;

/// <summary>The lab itself: one platform on one state folder, in this process.</summary>
internal sealed class LabHost : IAsyncDisposable
{
    private readonly PlatformTopology topology;
    private readonly PortPlan ports;
    private readonly StateFolder state;
    private readonly Spawner spawner;
    private readonly Leftovers leftovers;
    private readonly Supervisor supervisor;
    private readonly FaultProxySetup? proxy;
    private readonly ResourceSampler resources;
    private readonly Action<PlatformProgress> report;
    private readonly DateTimeOffset startedAt;
    private readonly TimeProvider time;
    private readonly CancellationTokenSource background = new();
    private readonly TaskCompletionSource shutdownAsked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task logBounds = Task.CompletedTask;
    private ControlApi? api;
    private int disposed;

    private LabHost(
        PlatformTopology topology, PortPlan ports, StateFolder state, Spawner spawner, Leftovers leftovers, Supervisor supervisor,
        FaultProxySetup? proxy, Action<PlatformProgress> report, TimeProvider time)
    {
        (this.topology, this.ports, this.state, this.spawner, this.leftovers) = (topology, ports, state, spawner, leftovers);
        (this.supervisor, this.proxy, this.report, this.time) = (supervisor, proxy, report, time);
        resources = new ResourceSampler(time);
        startedAt = time.GetUtcNow();
    }

    public StatePaths Paths => state.Paths;

    public string ControlSocket => state.ControlSocket;

    /// <summary>Done when somebody asked for a shutdown over the control API.</summary>
    public Task ShutdownAsked => shutdownAsked.Task;

    /// <summary>Starts everything. Whatever goes wrong on the way is a <see cref="LabException"/>, and nothing of ours is left running.</summary>
    public static async Task<LabHost> StartAsync(PlatformOptions options, Action<PlatformProgress> report, CancellationToken cancellationToken)
    {
        try
        {
            var topology = LoadTopology(options);
            var programs = new Programs(options.Home);
            var paths = programs.FindAll(topology);
            var user = await RunUser.ResolveAsync(cancellationToken);
            var state = await StateFolder.OpenAsync(options.EffectiveStateDirectory, user, cancellationToken);
            LabHost lab;
            try
            {
                var leftovers = new Leftovers(state.Paths, ProgramsOf(topology, paths));
                await CleanUpAsync(state, leftovers, report, cancellationToken);
                lab = await AssembleAsync(options, topology, programs, paths, state, leftovers, report, cancellationToken);
            }
            catch
            {
                state.Dispose();
                throw;
            }

            await lab.RunAsync(options, cancellationToken);
            return lab;
        }
        catch (TopologyException e)
        {
            // Placeholders are looked at late, but still before anything starts.
            throw new LabException(e.Message, e);
        }
        catch (IOException e)
        {
            throw new LabException($"The platform cannot start: {e.Message}", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new LabException($"The platform cannot start: {e.Message}", e);
        }
    }

    /// <summary>Ends what a killed lab left on a state folder. Does nothing where one runs.</summary>
    public static async Task<int> CleanUpAsync(PlatformOptions options, CancellationToken cancellationToken)
    {
        var topology = LoadTopology(options);
        using var state = await StateFolder.OpenAsync(options.EffectiveStateDirectory, await RunUser.ResolveAsync(cancellationToken), cancellationToken);
        var leftovers = new Leftovers(state.Paths, ProgramsOf(topology, new Programs(options.Home).FindWhatIsThere(topology)));
        return await leftovers.KillAllAsync(ChildRegistry.ReadLeftBehind(state.Paths), cancellationToken);
    }

    public LabStatus Status()
    {
        var snapshots = supervisor.Processes.Select(p => p.Snapshot).ToList();
        var use = resources.Sample(snapshots.Select(s => s.Pid).OfType<int>());
        var now = time.GetUtcNow();
        return new LabStatus(
            Environment.ProcessId,
            state.Paths.Root,
            ports.Base,
            startedAt,
            snapshots.All(s => s.State == ProcessState.Ready),
            [.. snapshots.Select(s => Describe(s, s.Pid is { } pid ? use.GetValueOrDefault(pid) : null, now))],
            [.. topology.Links.Select(l => new LinkStatus(l.Name, l.Client, l.Server, ports.ListenPort(l), ports.UpstreamPort(l)))],
            new LabEndpoints(Url("gateway"), Url("prometheus"), Url("alertmanager"), Url("toxiproxy")));
    }

    /// <summary>Stops everything in order and leaves the machine as it was.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0)
        {
            return;
        }

        report(new PlatformProgress("stopping"));
        var began = Stopwatch.GetTimestamp();
        await supervisor.StopAsync();
        await background.CancelAsync();
        await logBounds;
        if (api is not null)
        {
            await api.DisposeAsync();
        }

        await leftovers.KillAllAsync([], CancellationToken.None);
        spawner.Dispose();
        proxy?.Dispose();
        supervisor.Dispose();
        background.Dispose();
        state.Dispose();
        report(new PlatformProgress($"stopped in {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s"));
    }

    private static PlatformTopology LoadTopology(PlatformOptions options)
    {
        try
        {
            return TopologyFile.Load(options.EffectiveTopologyFile);
        }
        catch (TopologyException e)
        {
            throw new LabException(e.Message, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LabException($"The topology cannot be read: {e.Message}", e);
        }
    }

    private static HashSet<string> ProgramsOf(PlatformTopology topology, IReadOnlyDictionary<string, string> paths) =>
        [.. topology.Processes.Where(p => p.Program is not null && paths.ContainsKey(p.Name)).Select(p => RealPath.Of(paths[p.Name]))];

    private static async Task CleanUpAsync(StateFolder state, Leftovers leftovers, Action<PlatformProgress> report, CancellationToken cancellationToken)
    {
        // The lock is ours, so whoever still runs here has lost its lab.
        var killed = await leftovers.KillAllAsync(ChildRegistry.ReadLeftBehind(state.Paths), cancellationToken);
        if (killed > 0)
        {
            report(new PlatformProgress($"cleaned up after a lab that was killed: ended {killed} processes it had left"));
        }

        // What a fault had disturbed is gone with the processes and links of that lab.
        foreach (var record in Directory.EnumerateFiles(state.Paths.Faults, "*.json"))
        {
            File.Delete(record);
        }
    }

    private static async Task<LabHost> AssembleAsync(
        PlatformOptions options, PlatformTopology topology, Programs programs, IReadOnlyDictionary<string, string> paths,
        StateFolder state, Leftovers leftovers, Action<PlatformProgress> report, CancellationToken cancellationToken)
    {
        await Reachability.ThrowUnlessReachableAsync(state, paths.Values.Append(programs.Dotnet), cancellationToken);
        var ports = options.PortBase is { } portBase ? new PortPlan(topology, portBase) : PortCheck.FindFree(topology);
        PortCheck.ThrowIfTaken(ports);

        var secrets = new SecretStore(state.Paths);
        using (TokenSigner.LoadOrCreate(state.Paths.SigningKey, state.Paths.Jwks))
        {
            // Only to have the public keys on disk before a service reads them.
        }

        var time = TimeProvider.System;
        var spawner = new Spawner();
        var tools = new ChildTools(spawner, new ChildRegistry(state.Paths), leftovers, state.User, time, report);
        var proxy = topology.Proxy is null ? null : new FaultProxySetup(topology, ports);
        try
        {
            var planner = new LaunchPlanner(options.Home, topology, ports, state, programs, secrets);
            var processes = topology.Processes.Select(spec => new SupervisedProcess(
                spec,
                planner.Plan(spec, paths[spec.Name]),
                spec.Ready is { } ready ? new ReadinessProbe(ready, ports.TryPortOf(spec.Name, ready.Port)!.Value, ready.Secret is { } name ? secrets.GetOrCreate(name) : null) : null,
                SetupOf(spec),
                tools,
                ports.TryPortOf(spec.Name))).ToList();
            return new LabHost(topology, ports, state, spawner, leftovers, new Supervisor(topology, processes, time), proxy, report, time);
        }
        catch
        {
            spawner.Dispose();
            proxy?.Dispose();
            throw;
        }

        IProcessSetup SetupOf(ProcessSpec spec) => spec switch
        {
            _ when spec.Name == topology.Proxy => proxy!,
            { Setup: SetupKind.Postgres } => new PostgresSetup(state.Paths, state.User, spawner, secrets, spec.Schemas, ports.TryPortOf(spec.Name)!.Value, state.RunDirectory),
            { Setup: SetupKind.RabbitMq } => new RabbitMqSetup(state.User, secrets),
            _ => NoSetup.Instance,
        };
    }

    private async Task RunAsync(PlatformOptions options, CancellationToken cancellationToken)
    {
        try
        {
            state.WriteRecord(new LabRecord(
                Environment.ProcessId, ProcFs.Stat(Environment.ProcessId)!.StartTime, ports.Base, state.ControlSocket, startedAt));
            api = await ControlApi.StartAsync(state.ControlSocket, supervisor, Status, () => shutdownAsked.TrySetResult(), cancellationToken);
            logBounds = new LogBounds(state.Paths).RunAsync(background.Token);

            // Somebody may lose patience while it starts, and ask another process to stop it.
            using var abandoned = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var start = supervisor.StartAsync(options.StartTimeout, abandoned.Token);
            if (await Task.WhenAny(start, ShutdownAsked) == ShutdownAsked)
            {
                await abandoned.CancelAsync();
            }

            await start;
            report(new PlatformProgress($"everything ready after {(time.GetUtcNow() - startedAt).TotalSeconds:0.0} s"));
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    private string? Url(string process) => ports.TryPortOf(process) is { } port ? $"http://127.0.0.1:{port}" : null;

    private static ProcessStatus Describe(ProcessSnapshot s, ResourceUse? use, DateTimeOffset now) => new(
        s.Name,
        s.State,
        s.Pid,
        s.Port,
        s.Restarts,
        s.StartedAt,
        s.StartedAt is { } started ? Math.Round((now - started).TotalSeconds, 1) : null,
        use?.CpuPercent,
        use?.MemoryBytes,
        s.Detail,
        s.StartTime);
}
