using Back2Code.Chaos.Faults;
using Back2Code.Lab.Drills;

namespace Back2Code.Lab.GameDays;

/// <summary>What makes a drill fit for a game day: what an operator is to find out, and what helps. From the entry <c>gameday</c> of its extension.</summary>
/// <param name="Component">The process that is broken, as the topology names it, or its group: <c>notes-1</c>, <c>postgres</c>.</param>
/// <param name="Causes">Words any of which names the cause: <c>frozen</c>, <c>hung</c>. Compared without regard to case.</param>
/// <param name="Mitigation">What the operator could have done with the platform's own controls; told at the end.</param>
/// <param name="Hints">From the vaguest to the plainest; each that is asked for costs points.</param>
public sealed record GameDayScenario(string Component, IReadOnlyList<string> Causes, string Mitigation, IReadOnlyList<string> Hints)
{
    /// <summary>A fault of the drill as it stands in a game day: until somebody mends it, or the round is over.</summary>
    internal static DrillFault Prolong(DrillFault fault, TimeSpan longest)
    {
        return fault switch
        {
            { For: not null } => fault with { For = longest, Repeat = null },
            _ when fault.Parameters.ContainsKey("downFor") => fault with { Parameters = new Dictionary<string, string>(fault.Parameters) { ["downFor"] = Durations.Format(LongestDown(fault, longest)) } },
            _ => fault,
        };
    }

    /// <summary>A fault allows no more than its parameter does; after that the process comes back by itself.</summary>
    private static TimeSpan LongestDown(DrillFault fault, TimeSpan longest)
    {
        var most = FaultCatalogue.Find(fault.Type).Parameters.OfType<DurationParameter>().First(p => p.Name == "downFor").Maximum;
        return longest < most ? longest : most;
    }

    public bool IsRightComponent(string? answer) =>
        answer is not null && (Component.Equals(answer.Trim(), StringComparison.OrdinalIgnoreCase));

    public bool IsRightCause(string? answer) =>
        answer is not null && Causes.Any(cause => answer.Contains(cause, StringComparison.OrdinalIgnoreCase));
}
