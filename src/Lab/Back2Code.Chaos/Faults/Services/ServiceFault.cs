using System.Globalization;

namespace Back2Code.Chaos.Faults.Services;

/// <summary>
/// A fault inside a running service, by its chaos switch. The services differ in nothing here and the faults only in what they ask for and what proves them, so
/// each of them is a row in a table.
/// </summary>
internal sealed class ServiceFault : IFault
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    // The service ends the fault by itself a little after whoever injected it should have.
    private static readonly TimeSpan LeaseGrace = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan LeaseWithoutEnd = TimeSpan.FromMinutes(30);

    public required string Type { get; init; }

    public required string Family { get; init; }

    public required string Summary { get; init; }

    public required string Symptom { get; init; }

    public required string Receipt { get; init; }

    public string Undo => $"Tells each service to end its {Kind} when the fault ends; a service ends it by itself soon after the lease, and has forgotten it when it was restarted.";

    public required FaultExample Example { get; init; }

    public IReadOnlyList<FaultParameter> Parameters { get; init; } = [];

    /// <summary>The kind of disturbance, as the service's switch calls it.</summary>
    public required string Kind { get; init; }

    /// <summary>What is asked of the service, beside the lease.</summary>
    public Func<FaultSettings, IReadOnlyDictionary<string, object>> Order { get; init; } = _ => new Dictionary<string, object>();

    /// <summary>The words of the proof, once the service's own measurements show the effect; null until then.</summary>
    public required Func<Reading, FaultSettings, string?> Proof { get; init; }

    /// <summary>At 1 % of 20 requests a second the first failure takes 5 s; a share so small that this does not show it needs more traffic, not more patience.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(20);

    public FaultTargetKind TargetKind => FaultTargetKind.Process;

    public bool Lasts => true;

    public async Task<InjectedFault> InjectAsync(FaultContext context, CancellationToken cancellationToken)
    {
        var settings = FaultSettings.Of(this, context);
        var order = Order(settings);
        var switches = await ServiceSwitch.ResolveAsync(context, Kind, cancellationToken);
        var lease = LeaseOf(context);
        return await Injection.RunAsync(
            this,
            context,
            context.For,
            [.. switches.Select(s => new EndDisturbance(s.Process, Kind))],
            async token => await Task.WhenAll(switches.Select(s => DisturbAsync(s, context, settings, order, lease, token))),
            sumUp: null,
            cancellationToken);
    }

    public Task<IReadOnlyList<string>> FindTracesAsync(IFaultTarget platform, CancellationToken cancellationToken) => ServiceSwitch.FindStandingAsync(platform, Kind, cancellationToken);

    /// <summary>One that is too busy with the fault to answer is asked again.</summary>
    private static async Task<Reading?> ReadAsync(ServiceSwitch target, string faultId, Reading last, CancellationToken cancellationToken)
    {
        try
        {
            return await target.ReadAsync(faultId, cancellationToken);
        }
        catch (FaultException e) when (e.InnerException is not null)
        {
            return last;
        }
    }

    /// <summary>How long the service lets a fault stand by itself.</summary>
    public static TimeSpan LeaseOf(FaultContext context) => (context.For ?? LeaseWithoutEnd) + LeaseGrace;

    private async Task<Evidence> DisturbAsync(
        ServiceSwitch target, FaultContext context, FaultSettings settings, IReadOnlyDictionary<string, object> order, TimeSpan lease, CancellationToken cancellationToken)
    {
        var time = context.Platform.Time;
        var start = time.GetTimestamp();
        var patience = context.For < Patience ? context.For.Value : Patience;
        var reading = await target.StartAsync(context.FaultId, order, lease, cancellationToken);
        string? proof;
        while ((proof = Proof(reading, settings)) is null && time.GetElapsedTime(start) < patience)
        {
            await Task.Delay(Interval, time, cancellationToken);
            reading = await ReadAsync(target, context.FaultId, reading, cancellationToken)
                ?? throw new FaultException($"{target.Process} has forgotten the fault: it was restarted meanwhile.");
        }

        return proof is null
            ? Evidence.NotSeen($"{target.Process}: {Kind} struck {reading.Struck} of {reading.Seen} within {patience.TotalSeconds:0} s, which shows nothing")
            : Evidence.Seen($"{target.Process}: {proof} after {time.GetElapsedTime(start).TotalMilliseconds:0} ms");
    }
}
