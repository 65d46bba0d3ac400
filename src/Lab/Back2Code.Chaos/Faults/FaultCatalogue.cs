using Back2Code.Chaos.Faults.Links;
using Back2Code.Chaos.Faults.Processes;

namespace Back2Code.Chaos.Faults;

/// <summary>Every fault there is, by type.</summary>
public static class FaultCatalogue
{
    public static IReadOnlyList<IFault> All { get; } =
    [
        new KillFault(),
        new TerminateFault(),
        new FreezeFault(),
        new LatencyFault(),
        new BandwidthFault(),
        new TimeoutFault(),
        new ResetFault(),
        new DownFault(),
    ];

    /// <exception cref="FaultException">No such type; the message lists those there are.</exception>
    public static IFault Find(string type) =>
        All.FirstOrDefault(f => f.Type == type)
        ?? throw new FaultException($"There is no fault of type '{type}'. Known: {string.Join(", ", All.Select(f => f.Type))}.");

    /// <summary>
    /// Checks a fault of a drill before anything is started: all errors at once, empty when it is fine. Whether the target exists is known only at injection.
    /// </summary>
    public static IReadOnlyList<string> Validate(string type, string target, IReadOnlyDictionary<string, string> parameters, TimeSpan? @for)
    {
        try
        {
            return FaultSettings.Check(Find(type), target, parameters, @for);
        }
        catch (FaultException e)
        {
            return [e.Message];
        }
    }
}
