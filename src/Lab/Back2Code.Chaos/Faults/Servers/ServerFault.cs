namespace Back2Code.Chaos.Faults.Servers;

/// <summary>A fault inside a backing server. What they share: the server is the target, it must be running, and what stands in this process falls when the fault ends.</summary>
internal abstract class ServerFault : IFault
{
    // What the server itself can end, such as an idle session, it ends a little after whoever injected it should have.
    private static readonly TimeSpan LeaseGrace = TimeSpan.FromSeconds(30);

    public abstract string Type { get; }

    public string Family => Type[..Type.IndexOf('.', StringComparison.Ordinal)];

    public abstract string Summary { get; }

    public abstract string Symptom { get; }

    public abstract FaultExample Example { get; }

    public FaultTargetKind TargetKind => FaultTargetKind.Process;

    public virtual bool Lasts => true;

    public virtual IReadOnlyList<FaultParameter> Parameters => [];

    /// <summary>The process of the topology that it is a fault of.</summary>
    protected abstract string Server { get; }

    public async Task<InjectedFault> InjectAsync(FaultContext context, CancellationToken cancellationToken)
    {
        var settings = FaultSettings.Of(this, context);
        await RequireServerAsync(context, cancellationToken);
        var plan = await PrepareAsync(context, settings, cancellationToken);
        return await Injection.RunAsync(this, context, context.For, plan.Undo, async token => [await plan.Act(token)], SumUpAsync, cancellationToken, plan.Standing);

        async Task<IReadOnlyList<string>> SumUpAsync(CancellationToken token)
        {
            try
            {
                return plan.SumUp is { } sumUp ? await sumUp(token) : [];
            }
            catch (FaultException e)
            {
                // A sum that cannot be had must not keep the fault from ending.
                return [$"not summed up: {e.Message}"];
            }
        }
    }

    public virtual Task<IReadOnlyList<string>> FindTracesAsync(IFaultTarget platform, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<string>>([]);

    /// <summary>Looks everything up and checks it; touches nothing.</summary>
    /// <exception cref="FaultException">It cannot be injected as asked.</exception>
    protected abstract Task<FaultPlan> PrepareAsync(FaultContext context, FaultSettings settings, CancellationToken cancellationToken);

    protected async Task<bool> IsRunningAsync(IFaultTarget platform, CancellationToken cancellationToken) =>
        (await platform.ListProcessesAsync(cancellationToken)).FirstOrDefault(p => p.Name == Server) is { Pid: not null };

    /// <summary>How long it may stand at most.</summary>
    protected static TimeSpan LeaseOf(FaultContext context) => (context.For ?? Injection.LeaseWithoutEnd) + LeaseGrace;

    private async Task RequireServerAsync(FaultContext context, CancellationToken cancellationToken)
    {
        var all = await context.Platform.ListProcessesAsync(cancellationToken);
        var named = TargetPattern.Resolve(context.Target, "process", all, p => p.Name);
        if (named is not [var server] || server.Name != Server)
        {
            throw new FaultException($"{Type} is a fault of {Server}, not of {string.Join(", ", named.Select(p => p.Name))}.");
        }

        if (server.Pid is null)
        {
            throw new FaultException($"{Server} is not running, so it cannot be disturbed.");
        }
    }
}
