namespace Back2Code.Lab.Drills;

/// <summary>How a run ends before its objectives are judged.</summary>
public sealed record Verdict(DrillStatus Status, int ExitCode, string Reason)
{
    public static Verdict SteadyStateNotMet(string reason) => new(DrillStatus.Failed, 3, reason);

    public static Verdict Invalid(string reason) => new(DrillStatus.Invalid, 4, reason);

    public static Verdict NotRestored(string reason) => new(DrillStatus.Failed, 5, reason);

    public static Verdict Interrupted(string reason) => new(DrillStatus.Interrupted, 130, reason);
}
