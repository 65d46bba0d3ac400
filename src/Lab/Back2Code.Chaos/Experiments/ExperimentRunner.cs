namespace Back2Code.Chaos.Experiments;

/// <summary>Runs an experiment by itself, strictly or as the reference would.</summary>
public static class ExperimentRunner
{
    /// <summary>Never throws for what the experiment does, nor when it is interrupted: both are in the outcome.</summary>
    /// <exception cref="ExperimentSettingsException">A value of the configuration or a secret is missing, or was not had within the time limit; nothing was run.</exception>
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
        using var deadline = new RunDeadline(options.TimeLimit, options.RollbackTime, clock);
        using var runner = new ActivityRunner(clock, rules);
        experiment = experiment with
        {
            RollbackStrategy = options.Rollback ?? experiment.RollbackStrategy,
            HypothesisStrategy = options.Hypothesis ?? experiment.HypothesisStrategy,
        };
        var scope = await ResolveAsync(experiment, options, runner, deadline, cancellationToken);
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
        using var session = new MethodSession(run, scope, runner, options, clock, deadline.TimeIsUp);
        try
        {
            return options.Compat
                ? await new CompatibleRun(run, session, options, deadline, clock).PlayAsync(cancellationToken)
                : await new StrictRun(run, session, scope, runner, options, deadline, clock).PlayAsync(cancellationToken);
        }
        finally
        {
            journal.End = clock.GetUtcNow();
        }
    }

    /// <summary>Dynamic entries run programs and ask servers, which may take for ever.</summary>
    private static async Task<ExperimentScope> ResolveAsync(
        Experiment experiment, ExperimentOptions options, ActivityRunner runner, RunDeadline deadline, CancellationToken cancellationToken)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.TimeIsUp);
        try
        {
            return await ExperimentScope.ResolveAsync(experiment, options.Values, runner, limited.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested && deadline.TimeIsUp.IsCancellationRequested)
        {
            throw new ExperimentSettingsException($"the configuration was not there after {deadline.Limit}, the time limit of the run; nothing was run");
        }
    }
}
