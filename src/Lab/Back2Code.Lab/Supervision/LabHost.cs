using System.Diagnostics;
using Back2Code.Authentication.Signing;
using Back2Code.Chaos.Faults;
using Back2Code.Lab.Supervision.Children;
using Back2Code.Lab.Supervision.Faults;
using Back2Code.Lab.Supervision.Linux;
using Back2Code.Lab.Supervision.Probes;
using Back2Code.Lab.Supervision.Setup;
using Back2Code.Lab.Supervision.State;
using Back2Code.Lab.Topology;

namespace Back2Code.Lab.Supervision;

/// <summary>The lab itself: one platform on one state folder, in this process.</summary>
internal sealed class LabHost : IAsyncDisposable
{
    // Of the 10 s that Ctrl-C promises, most is for the processes.
    private static readonly TimeSpan LongestUndo = TimeSpan.FromSeconds(2);

    private readonly PlatformTopology _topology;
    private readonly PortPlan _ports;
    private readonly StateFolder _state;
    private readonly Spawner _spawner;
    private readonly Leftovers _leftovers;
    private readonly Supervisor _supervisor;
    private readonly FaultProxySetup? _proxy;
    private readonly ResourceSampler _resources;
    private readonly Action<PlatformProgress> _report;
    private readonly DateTimeOffset _startedAt;
    private readonly TimeProvider _time;
    private readonly decimal _timeScale;
    private readonly CancellationTokenSource _background = new();
    private readonly TaskCompletionSource _shutdownAsked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _logBounds = Task.CompletedTask;
    private readonly FaultWorkers _workers;
    private LabFaults? _faults;
    private ControlApi? _api;
    private int _disposed;

    private LabHost(
        PlatformTopology topology, PortPlan ports, StateFolder state, Spawner spawner, Leftovers leftovers, Supervisor supervisor,
        FaultWorkers workers, FaultProxySetup? proxy, decimal timeScale, Action<PlatformProgress> report, TimeProvider time)
    {
        _workers = workers;
        (this._topology, this._ports, this._state, this._spawner, this._leftovers) = (topology, ports, state, spawner, leftovers);
        (this._supervisor, this._proxy, this._report, this._time) = (supervisor, proxy, report, time);
        _timeScale = timeScale;
        _resources = new ResourceSampler(time);
        _startedAt = time.GetUtcNow();
    }

    public StatePaths Paths => _state.Paths;

    public string ControlSocket => _state.ControlSocket;

    /// <summary>Done when somebody asked for a shutdown over the control API.</summary>
    public Task ShutdownAsked => _shutdownAsked.Task;

    /// <summary>Starts everything. Whatever goes wrong on the way is a <see cref="LabException"/>, and nothing of ours is left running.</summary>
    public static async Task<LabHost> StartAsync(PlatformOptions options, Action<PlatformProgress> report, CancellationToken cancellationToken)
    {
        try
        {
            var topology = LoadTopology(options);
            ThrowIfUnknown(options.Environment.Keys, topology);
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
        var killed = await leftovers.KillAllAsync(ChildRegistry.ReadLeftBehind(state.Paths), cancellationToken);
        await FaultJournal.SettleAsync(new StoppedPlatform(state.Paths, TimeProvider.System), cancellationToken);
        return killed;
    }

    public LabStatus Status()
    {
        var snapshots = _supervisor.Processes.Select(p => p.Snapshot).ToList();
        var use = _resources.Sample(snapshots.Select(s => s.Pid).OfType<int>());
        var now = _time.GetUtcNow();
        return new LabStatus(
            Environment.ProcessId,
            _state.Paths.Root,
            _ports.Base,
            _startedAt,
            snapshots.All(s => s.State == ProcessState.Ready),
            [.. snapshots.Select(s => Describe(s, s.Pid is { } pid ? use.GetValueOrDefault(pid) : null, now))],
            [.. _topology.Links.Select(l => new LinkStatus(l.Name, l.Client, l.Server, _ports.ListenPort(l), _ports.UpstreamPort(l)))],
            new LabEndpoints(Url("gateway"), Url("prometheus"), Url("alertmanager"), Url("toxiproxy"), _ports.TryPortOf("gateway", "https") is { } tls ? $"https://127.0.0.1:{tls}" : null),
            _timeScale);
    }

    /// <summary>Stops everything in order and leaves the machine as it was.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        _report(new PlatformProgress("stopping"));
        var began = Stopwatch.GetTimestamp();
        if (_faults is not null)
        {
            await _faults.EndAllAsync(LongestUndo);
        }

        await _supervisor.StopAsync();
        await _background.CancelAsync();
        await _logBounds;
        if (_api is not null)
        {
            await _api.DisposeAsync();
        }

        if (_faults is not null)
        {
            await _faults.DisposeAsync();
        }

        await FaultJournal.SettleAsync(new StoppedPlatform(_state.Paths, _time), CancellationToken.None);
        _workers.Dispose();
        await _leftovers.KillAllAsync([], CancellationToken.None);
        _spawner.Dispose();
        _proxy?.Dispose();
        _supervisor.Dispose();
        _background.Dispose();
        _state.Dispose();
        _report(new PlatformProgress($"stopped in {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s"));
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

    private static void ThrowIfUnknown(IEnumerable<string> groups, PlatformTopology topology)
    {
        if (groups.FirstOrDefault(group => !topology.Group(group).Any()) is { } unknown)
        {
            throw new LabException($"There are no processes '{unknown}' whose environment could be changed; there are {string.Join(", ", topology.Processes.Select(p => p.Group).Distinct())}.");
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

        // Most of what a fault had disturbed is gone with the processes and links of that lab. What is not is undone now, or when its server answers.
        var settled = await FaultJournal.SettleAsync(new StoppedPlatform(state.Paths, TimeProvider.System), cancellationToken);
        foreach (var line in settled.Healed.Select(h => $"healed {h}").Concat(settled.Failed.Concat(settled.Waiting)))
        {
            report(new PlatformProgress(line));
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
        if (ports.TryPortOf("gateway", "https") is not null)
        {
            new GatewayCertificate(state.Paths, state.User.Own, time).Ensure();
        }

        var spawner = new Spawner();
        var tools = new ChildTools(spawner, new ChildRegistry(state.Paths), leftovers, state.User, time, report);
        var proxy = topology.Proxy is null ? null : new FaultProxySetup(topology, ports);
        try
        {
            LabHost? lab = null;
            var timeScale = options.TimeScale ?? PlatformOptions.DefaultTimeScale;
            var planner = new LaunchPlanner(options.Home, topology, ports, state, programs, secrets, timeScale) { Changes = options.Environment };
            var processes = topology.Processes.Select(spec => new SupervisedProcess(
                spec,
                planner.Plan(spec, paths[spec.Name]),
                spec.Ready is { } ready ? new ReadinessProbe(ready, ports.TryPortOf(spec.Name, ready.Port)!.Value, ready.Secret is { } name ? secrets.GetOrCreate(name) : null) : null,
                new HealingSetup(SetupOf(spec), token => lab?._faults?.HealForAsync(spec.Name, token) ?? Task.CompletedTask),
                tools,
                ports.TryPortOf(spec.Name))).ToList();
            var workers = new FaultWorkers(state.Paths, state.User, spawner, programs.Dotnet, programs.Workers, time);
            lab = new LabHost(topology, ports, state, spawner, leftovers, new Supervisor(topology, processes, time), workers, proxy, timeScale, report, time);
            return lab;
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
            { Setup: SetupKind.Postgres } => new PostgresSetup(state.Paths, state.User, spawner, secrets, spec.Schemas, spec.Observers, ports.TryPortOf(spec.Name)!.Value, state.RunDirectory),
            { Setup: SetupKind.RabbitMq } => new RabbitMqSetup(state.User, secrets),
            _ => NoSetup.Instance,
        };
    }

    private async Task RunAsync(PlatformOptions options, CancellationToken cancellationToken)
    {
        try
        {
            _state.WriteRecord(new LabRecord(
                Environment.ProcessId, ProcFs.Stat(Environment.ProcessId)!.StartTime, _ports.Base, _state.ControlSocket, _startedAt));
            _faults = new LabFaults(new LabClient(_state.ControlSocket), _state.Paths, Status(), _time, _report);
            var gateway = new GatewayApi(Path.Combine(_state.RunDirectory, "haproxy.sock"));
            _api = await ControlApi.StartAsync(
                _state.ControlSocket, _supervisor, gateway, new OperatorControls(_time), Status, () => _shutdownAsked.TrySetResult(), new FaultApi(_faults, _workers).Map, cancellationToken);
            _logBounds = new LogBounds(_state.Paths).RunAsync(_background.Token);

            // Somebody may lose patience while it starts, and ask another process to stop it.
            using var abandoned = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var start = _supervisor.StartAsync(options.StartTimeout, abandoned.Token);
            if (await Task.WhenAny(start, ShutdownAsked) == ShutdownAsked)
            {
                await abandoned.CancelAsync();
            }

            await start;
            _faults.StartSweeping();
            _report(new PlatformProgress($"everything ready after {(_time.GetUtcNow() - _startedAt).TotalSeconds:0.0} s"));
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    private string? Url(string process) => _ports.TryPortOf(process) is { } port ? $"http://127.0.0.1:{port}" : null;

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
        s.StartTime,
        s.Overridden);
}
