namespace Back2Code.Chaos.Experiments;

/// <summary>How an experiment is run. What is null here is as the file says.</summary>
public sealed record ExperimentOptions
{
    /// <summary>The reference's verdicts and exit codes instead of ours.</summary>
    public bool Compat { get; init; }

    public DryMode Dry { get; init; }

    public RollbackStrategy? Rollback { get; init; }

    public HypothesisStrategy? Hypothesis { get; init; }

    /// <summary>Between two checks of the hypothesis while the method runs.</summary>
    public TimeSpan HypothesisFrequency { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A check that misses while the method runs ends the method.</summary>
    public bool FailFast { get; init; }

    /// <summary>Share of the checks that must have missed for that, in percent, 0 to 100.</summary>
    public double FailFastRatio { get; init; }

    public bool VerifyTls { get; init; } = true;

    public ExperimentValues Values { get; init; } = new();

    /// <summary>For the whole of configuration, hypotheses and method; then rollbacks are played and the run is invalid. Null: no limit.</summary>
    public TimeSpan? TimeLimit { get; init; }

    /// <summary>For rollbacks after an interrupt; and what a time limit leaves at least for rollbacks and for the way back to the steady state.</summary>
    public TimeSpan RollbackTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What an interrupt says of rollbacks, asked once it has come; null: as the strategy says.</summary>
    public Func<bool?> RollbackOnInterrupt { get; init; } = static () => null;

    /// <summary>One line for each thing that happens, with secrets hidden.</summary>
    public Action<string> Say { get; init; } = static _ => { };
}
