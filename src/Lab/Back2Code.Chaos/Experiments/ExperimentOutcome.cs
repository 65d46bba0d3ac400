namespace Back2Code.Chaos.Experiments;

/// <summary>How an experiment ended. The numbers are the exit codes of strict mode.</summary>
public enum ExperimentVerdict
{
    Completed = 0,
    Deviated = 1,
    SteadyStateNotMet = 3,
    ActivityFailed = 4,
    NotRestored = 5,
    Interrupted = 130,
}

/// <summary>The end of a run.</summary>
/// <param name="Verdict">Ours, also in a compatible run.</param>
/// <param name="ExitCode">Of the mode the run was made in.</param>
/// <param name="Reason">One sentence, secrets hidden; null when all is well.</param>
/// <param name="Journal">The record.</param>
public sealed record ExperimentOutcome(ExperimentVerdict Verdict, int ExitCode, string? Reason, ExperimentJournal Journal);
