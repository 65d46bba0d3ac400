using Back2Code.Chaos.Identity;

namespace Back2Code.Chaos.Faults.Identity;

/// <summary>Something that is done to the identity service by its public interfaces. The target is the process <c>identity</c>.</summary>
internal abstract class IdentityFault : IFault
{
    public abstract string Type { get; }

    public virtual string Family => "identity";

    public abstract string Summary { get; }

    public abstract string Symptom { get; }

    public abstract string Receipt { get; }

    public abstract string Undo { get; }

    public virtual FaultExample Example { get; } = new("identity");

    public FaultTargetKind TargetKind => FaultTargetKind.Process;

    public bool Lasts => true;

    public virtual IReadOnlyList<FaultParameter> Parameters => [];

    public virtual string? CheckTogether(IReadOnlyDictionary<string, string> parameters) => null;

    public async Task<InjectedFault> InjectAsync(FaultContext context, CancellationToken cancellationToken)
    {
        var settings = FaultSettings.Of(this, context);
        var all = await context.Platform.ListProcessesAsync(cancellationToken);
        if (TargetPattern.Resolve(context.Target, "process", all, p => p.Name) is not [{ Name: "identity" } identity])
        {
            throw new FaultException($"{Type} is done to the identity service; its target is 'identity', not '{context.Target}'.");
        }

        if (identity.Pid is null)
        {
            throw new FaultException("identity is not running, so nothing can be done to it.");
        }

        using var client = new IdentityClient(context.Platform.Identity, context.Platform.Time);
        return await InjectAsync(context, settings, client, all, cancellationToken);
    }

    /// <param name="identity">Disposed when this returns.</param>
    protected abstract Task<InjectedFault> InjectAsync(
        FaultContext context, FaultSettings settings, IdentityClient identity, IReadOnlyList<TargetProcess> processes, CancellationToken cancellationToken);
}
