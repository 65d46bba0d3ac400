using Back2Code.Lab.Drills;

namespace Back2Code.Lab.Reports;

/// <summary>What phases are called on the terminal and in reports.</summary>
public static class PhaseNames
{
    public static string Of(DrillPhase phase) => phase switch
    {
        DrillPhase.WarmUp => "warm up",
        DrillPhase.SteadyState => "steady state",
        _ => phase.ToString().ToLowerInvariant(),
    };
}
