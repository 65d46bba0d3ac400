using System.Globalization;

namespace Back2Code.Chaos.Faults.Settings;

/// <summary>
/// A process restarted with other settings: what a wrong configuration or a bad release is. Several replicas one after the other, as a careful roll-out does,
/// except that it does not stop at the first that is not well.
/// </summary>
internal sealed class SettingFault : IFault
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    public required string Type { get; init; }

    public required string Family { get; init; }

    public required string Summary { get; init; }

    public required string Symptom { get; init; }

    public required string Receipt { get; init; }

    public string Undo => "Restarts each process with the topology's own settings when the fault ends, one replica at a time, and waits until it is ready; a platform that starts has them anyway.";

    public required FaultExample Example { get; init; }

    public IReadOnlyList<FaultParameter> Parameters { get; init; } = [];

    public FaultTargetKind TargetKind => FaultTargetKind.Process;

    public bool Lasts => true;

    /// <summary>The variables to change, null to remove one, from those that the process runs with now.</summary>
    public required Func<IReadOnlyDictionary<string, string>, FaultSettings, Dictionary<string, string?>> Change { get; init; }

    /// <summary>What is to become of the process.</summary>
    public SettingEffect Effect { get; init; } = SettingEffect.Ready;

    /// <summary>How long to watch for it.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    public async Task<InjectedFault> InjectAsync(FaultContext context, CancellationToken cancellationToken)
    {
        var settings = FaultSettings.Of(this, context);
        var platform = context.Platform;
        var all = await platform.ListProcessesAsync(cancellationToken);
        List<(TargetProcess Process, Dictionary<string, string?> Change)> targets = [];
        foreach (var process in TargetPattern.Resolve(context.Target, "process", all, p => p.Name))
        {
            int pid = process.Pid ?? throw new FaultException($"{process.Name} is not running, so its settings cannot be changed.");
            targets.Add((process, Change(ProcessEnvironment.Read(process.Name, pid), settings)));
        }

        return await Injection.RunAsync(
            this,
            context,
            context.For,
            [.. targets.Select(t => new RestoreProcess(t.Process.Name))],
            async token =>
            {
                List<Evidence> evidence = [];
                foreach (var (process, change) in targets)
                {
                    await Peers.AwaitInServiceAsync(platform, process.Name, token);
                    await platform.OverrideAsync(process.Name, new LaunchOverride { Environment = change }, token);
                    evidence.Add(await WatchAsync(platform, process, change, token));
                }

                return evidence;
            },
            sumUp: null,
            cancellationToken);
    }

    /// <summary>The supervisor knows whom it started with other settings, whatever fault asked for it.</summary>
    public async Task<IReadOnlyList<string>> FindTracesAsync(IFaultTarget platform, CancellationToken cancellationToken) =>
        [.. (await platform.ListProcessesAsync(cancellationToken)).Where(p => p.Overridden).Select(p => $"{p.Name} runs with other settings than the topology's")];

    private async Task<Evidence> WatchAsync(IFaultTarget platform, TargetProcess before, Dictionary<string, string?> change, CancellationToken cancellationToken)
    {
        var start = platform.Time.GetTimestamp();
        HashSet<long> starts = [];
        bool hasSettings = false;
        string names = string.Join(", ", change.Keys);
        do
        {
            var now = (await platform.ListProcessesAsync(cancellationToken)).First(p => p.Name == before.Name);
            if (now is { Pid: { } pid, StartTicks: { } ticks } && ticks != before.StartTicks)
            {
                starts.Add(ticks);
                hasSettings |= Has(pid, before.Name, change);
            }

            string after = string.Create(CultureInfo.InvariantCulture, $"{platform.Time.GetElapsedTime(start).TotalSeconds:0.0} s");
            switch (Effect)
            {
                case SettingEffect.Ready when hasSettings && now.Port is not null && await HealthProbe.IsReadyAsync(now, cancellationToken):
                    return Evidence.Seen($"{before.Name}: pid {now.Pid} runs with another {names} and is ready after {after}");
                case SettingEffect.NotReady when hasSettings && platform.Time.GetElapsedTime(start) > UnreadyFor && !await HealthProbe.IsReadyAsync(now, cancellationToken):
                    return Evidence.Seen($"{before.Name}: {(starts.Count > 1 ? $"started {starts.Count} times" : $"pid {now.Pid} runs")} with another {names} and is not ready after {after}");
                case SettingEffect.Ends when starts.Count >= 2 || (starts.Count == 1 && now.Pid is null):
                    return Evidence.Seen($"{before.Name}: started {starts.Count} times with another {names} within {after}, and does not live");
            }

            await Task.Delay(Interval, platform.Time, cancellationToken);
        }
        while (platform.Time.GetElapsedTime(start) < Patience);

        return Evidence.NotSeen($"{before.Name}: {(hasSettings ? "runs" : "does not run")} with another {names}, and what was expected of it did not come within {Patience.TotalSeconds:0} s");
    }

    // Twice what a service takes to be ready on a busy machine.
    private static readonly TimeSpan UnreadyFor = TimeSpan.FromSeconds(8);

    /// <summary>The kernel's own record of what the process was started with.</summary>
    private static bool Has(int pid, string process, Dictionary<string, string?> change)
    {
        try
        {
            var environment = ProcessEnvironment.Read(process, pid);
            return change.All(c => environment.GetValueOrDefault(c.Key) == c.Value);
        }
        catch (FaultException)
        {
            // Gone between two looks.
            return false;
        }
    }
}

/// <summary>What becomes of a process with other settings.</summary>
internal enum SettingEffect
{
    /// <summary>It serves; what is wrong shows in its answers.</summary>
    Ready,

    /// <summary>It is never ready, whether it waits or gives up again and again.</summary>
    NotReady,

    /// <summary>It ends at once, and is started again and again.</summary>
    Ends,
}
