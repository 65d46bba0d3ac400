using System.Text.Json.Nodes;

namespace Back2Code.Chaos.Experiments;

/// <summary>How a plain experiment ended. The numbers are the exit codes of strict mode.</summary>
public enum ExperimentVerdict
{
    Completed = 0,
    Deviated = 1,
    SteadyStateNotMet = 3,
    ActivityFailed = 4,
    NotRestored = 5,
    Interrupted = 130,
}

/// <summary>
/// Plays a plain experiment: hypothesis, method, hypothesis, rollbacks. Strict where the reference is lenient: a method that could not do its
/// work is not a success, and rollbacks are played on every way out once the method has begun.
/// </summary>
public static class ExperimentRunner
{
    // Rollbacks after an interrupt are given their own time: the caller's token is already cancelled.
    private static readonly TimeSpan RollbackTime = TimeSpan.FromSeconds(30);

    public static async Task<(ExperimentVerdict Verdict, ExperimentJournal Journal)> RunAsync(
        Experiment experiment, IReadOnlyDictionary<string, JsonNode?> given, TimeProvider clock, CancellationToken cancellationToken)
    {
        using var runner = new ActivityRunner(clock);
        var scope = await ExperimentScope.ResolveAsync(experiment, given, Environment.GetEnvironmentVariable, runner, cancellationToken);
        var run = new ExperimentRun(experiment, scope, runner, new ExperimentJournal(experiment, clock.GetUtcNow()));
        var verdict = ExperimentVerdict.Completed;
        var begun = false;
        try
        {
            if (!await run.CheckBeforeAsync(cancellationToken))
            {
                verdict = ExperimentVerdict.SteadyStateNotMet;
                run.Journal.Status = JournalStatus.Failed;
                return (verdict, run.Journal);
            }

            begun = true;
            verdict = await PlayAsync(run, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            verdict = ExperimentVerdict.Interrupted;
            run.Journal.Status = JournalStatus.Interrupted;
            if (begun)
            {
                using var grace = new CancellationTokenSource(RollbackTime, clock);
                await run.RollBackAsync(grace.Token);
            }
        }
        finally
        {
            run.Journal.End = clock.GetUtcNow();
        }

        return (verdict, run.Journal);
    }

    private static async Task<ExperimentVerdict> PlayAsync(ExperimentRun run, CancellationToken cancellationToken)
    {
        var worked = await run.RunMethodAsync(cancellationToken);
        var restored = await run.CheckAfterAsync(cancellationToken);
        var rolledBack = await run.RollBackAsync(cancellationToken);
        return (worked, restored, rolledBack) switch
        {
            (_, _, false) => ExperimentVerdict.NotRestored,
            (false, _, _) => ExperimentVerdict.ActivityFailed,
            (_, false, _) => ExperimentVerdict.Deviated,
            _ => ExperimentVerdict.Completed,
        };
    }
}
