namespace Back2Code.Lab.Drills;

/// <summary>The stages of a drill, in order.</summary>
public enum DrillPhase
{
    Platform,
    WarmUp,
    SteadyState,
    Inject,
    Detect,
    Recover,
    Verify,
    Report,

    /// <summary>Only of a platform that the drill itself started.</summary>
    Stop,
}

/// <summary>What a phase has to say right now; the last one of a phase is <paramref name="Done"/>.</summary>
/// <param name="Elapsed">Since the phase began.</param>
/// <param name="Succeeded">Meaningful when done.</param>
public sealed record DrillProgress(DrillPhase Phase, TimeSpan Elapsed, string Text, bool Done = false, bool Succeeded = true);

/// <summary>How long a phase took.</summary>
public sealed record PhaseRecord(DrillPhase Phase, DateTimeOffset StartedAt, DateTimeOffset EndedAt, string Outcome, bool Succeeded);
