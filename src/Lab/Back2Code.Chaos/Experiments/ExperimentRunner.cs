namespace Back2Code.Chaos.Experiments;

/// <summary>Runs an experiment by itself, strictly or as the reference would.</summary>
public static class ExperimentRunner
{
    /// <summary>Never throws for what the experiment does, nor when it is interrupted: both are in the outcome.</summary>
    /// <exception cref="ExperimentSettingsException">A value of the configuration or a secret is missing; nothing was run.</exception>
    public static async Task<ExperimentOutcome> RunAsync(Experiment experiment, ExperimentOptions options, TimeProvider clock, CancellationToken cancellationToken)
    {
        var rules = new ActivityRules
        {
            Compat = options.Compat,
            Dry = options.Dry,
            VerifyTls = options.VerifyTls,
            HttpTimeout = options.Compat ? null : ActivityRules.Default.HttpTimeout,

            // A stress program may run for hours; whoever started it can stop it.
            ProcessTimeout = null,
        };
        using var runner = new ActivityRunner(clock, rules);
        experiment = experiment with
        {
            RollbackStrategy = options.Rollback ?? experiment.RollbackStrategy,
            HypothesisStrategy = options.Hypothesis ?? experiment.HypothesisStrategy,
        };
        var scope = await ExperimentScope.ResolveAsync(experiment, options.Values, runner, cancellationToken);
        foreach (var warning in scope.Warnings)
        {
            options.Say($"warning: {warning}");
        }

        runner.MarkStart(experiment, scope);
        var journal = new ExperimentJournal(experiment, clock.GetUtcNow())
        {
            Dry = options.Dry,
            Mask = scope.Mask,
            Title = Placeholders.FillText(experiment.Title, scope.Configuration),
        };
        var run = new ExperimentRun(experiment, scope, runner, journal);
        using var session = new MethodSession(run, scope, runner, options, clock);
        try
        {
            return options.Compat
                ? await new CompatibleRun(run, session, options, clock).PlayAsync(cancellationToken)
                : await new StrictRun(run, session, scope, runner, options, clock).PlayAsync(cancellationToken);
        }
        finally
        {
            journal.End = clock.GetUtcNow();
        }
    }
}
