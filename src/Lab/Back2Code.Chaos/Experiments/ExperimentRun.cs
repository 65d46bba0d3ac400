using System.Text.Json.Nodes;

namespace Back2Code.Chaos.Experiments;

/// <summary>
/// One run of an experiment, stage by stage, with its journal. Whoever owns the run decides the order: <see cref="ExperimentRunner"/> plays a
/// plain experiment, a drill weaves faults and traffic in between.
/// </summary>
public sealed class ExperimentRun(Experiment experiment, ExperimentScope scope, ActivityRunner runner, ExperimentJournal journal)
{
    public Experiment Experiment { get; } = experiment;

    public ExperimentJournal Journal { get; } = journal;

    /// <summary>Asked after each activity of the method; true leaves the rest out.</summary>
    internal Func<bool> IsCutShort { get; set; } = static () => false;

    /// <summary>Checks the hypothesis without a trace in the journal; for waiting until it holds. True when there is none.</summary>
    public async Task<HypothesisState> ProbeSteadyStateAsync(CancellationToken cancellationToken) =>
        Experiment.SteadyState is { } hypothesis ? await HypothesisState.CheckAsync(hypothesis, runner, scope, patiently: false, cancellationToken) : new HypothesisState(true, []);

    /// <returns>False when the steady state is not met, so nothing may be broken.</returns>
    public async Task<bool> CheckBeforeAsync(CancellationToken cancellationToken)
    {
        if (Experiment.SteadyState is null || Experiment.HypothesisStrategy is HypothesisStrategy.AfterOnly or HypothesisStrategy.DuringOnly or HypothesisStrategy.Skip)
        {
            return true;
        }

        Journal.Before = await HypothesisState.CheckAsync(Experiment.SteadyState, runner, scope, patiently: true, cancellationToken);
        return Journal.Before.Met;
    }

    /// <summary>May be asked again; the journal keeps the last answer.</summary>
    /// <returns>False when the steady state did not return; the run has then deviated.</returns>
    public async Task<bool> CheckAfterAsync(CancellationToken cancellationToken)
    {
        if (Experiment.SteadyState is null || Experiment.HypothesisStrategy is HypothesisStrategy.BeforeOnly or HypothesisStrategy.DuringOnly or HypothesisStrategy.Skip)
        {
            return true;
        }

        Journal.After = await HypothesisState.CheckAsync(Experiment.SteadyState, runner, scope, patiently: true, cancellationToken);
        Journal.Deviated = !Journal.After.Met;
        return Journal.After.Met;
    }

    /// <returns>True when every activity succeeded.</returns>
    public Task<bool> RunMethodAsync(CancellationToken cancellationToken) => PlayAsync(Experiment.Method, Journal.Run, IsCutShort, cancellationToken);

    /// <summary>Plays the rollbacks if the strategy asks for it. A failed one does not stop the rest.</summary>
    /// <returns>False when one of them failed.</returns>
    public Task<bool> RollBackAsync(CancellationToken cancellationToken) =>
        Experiment.RollbackStrategy switch
        {
            RollbackStrategy.Never => Task.FromResult(true),
            RollbackStrategy.Deviated when !Journal.Deviated => Task.FromResult(true),
            _ => PlayRollbacksAsync(cancellationToken),
        };

    /// <summary>The same whatever the strategy.</summary>
    internal Task<bool> PlayRollbacksAsync(CancellationToken cancellationToken) =>
        PlayAsync(Experiment.Rollbacks, Journal.Rollbacks, static () => false, cancellationToken);

    private async Task<bool> PlayAsync(IReadOnlyList<Activity> activities, List<ActivityResult> results, Func<bool> isCutShort, CancellationToken cancellationToken)
    {
        var background = new List<Task>();
        var started = new List<ActivityResult>();
        try
        {
            foreach (var activity in activities)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var result = runner.Begin(activity);
                results.Add(result);
                started.Add(result);
                var work = runner.CompletePatientlyAsync(activity, result, scope, cancellationToken);
                if (activity.Background)
                {
                    background.Add(work);
                }
                else
                {
                    await work;
                }

                if (isCutShort())
                {
                    break;
                }
            }
        }
        finally
        {
            // On cancellation the background work sees the same token and ends too; nothing is left running unobserved.
            await Task.WhenAll(background).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        // What was no cancellation is a defect, and must not pass for success.
        if (background.Find(b => b.IsFaulted) is { } faulted)
        {
            await faulted;
        }

        cancellationToken.ThrowIfCancellationRequested();
        return started.All(r => r.Succeeded);
    }
}
