namespace Back2Code.Chaos.Experiments;

/// <summary>
/// Plays an experiment to the reference's verdict, also where it surprises: a hypothesis missed before the method still counts as completed, a failed
/// activity as well, and rollbacks are left out when they are needed most. Only the exit codes 0 and 1 exist. A time limit, which the reference does not
/// have, ends the run as an unexpected error would: aborted, with rollbacks unless the strategy says otherwise.
/// </summary>
internal sealed class CompatibleRun(ExperimentRun run, MethodSession session, ExperimentOptions options, RunDeadline deadline, TimeProvider clock)
{
    private bool _ignoresRollbacks;
    private bool _isOutOfTime;

    private string OutOfTime => $"not over after {deadline.Limit}, the time limit of the run";

    public async Task<ExperimentOutcome> PlayAsync(CancellationToken cancellationToken)
    {
        var journal = run.Journal;
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.TimeIsUp);
        try
        {
            await PlayToTheEndAsync(limited.Token, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            journal.Status = JournalStatus.Interrupted;
            _ignoresRollbacks = options.RollbackOnInterrupt() == false;
        }
        catch (OperationCanceledException) when (deadline.TimeIsUp.IsCancellationRequested)
        {
            EndByTime();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            journal.Status = JournalStatus.Aborted;
            options.Say($"aborted: {journal.Mask.Hide(e.Message)}");
        }

        if (!_ignoresRollbacks && PlaysRollbacks())
        {
            using var grace = new CancellationTokenSource(options.RollbackTime, clock);
            try
            {
                // Not played by the run's own strategy, which is not the reference's.
                await run.PlayRollbacksAsync(journal.Status == JournalStatus.Interrupted ? grace.Token : deadline.Aftermath(cancellationToken));
            }
            catch (OperationCanceledException) when (journal.Status == JournalStatus.Interrupted || cancellationToken.IsCancellationRequested)
            {
                journal.Status = JournalStatus.Interrupted;
            }
            catch (OperationCanceledException)
            {
                EndByTime();
            }
        }

        return new ExperimentOutcome(Ours(), journal is { Status: JournalStatus.Completed, Deviated: false } ? 0 : 1, Reason(), journal);
    }

    private async Task PlayToTheEndAsync(CancellationToken limited, CancellationToken cancellationToken)
    {
        var journal = run.Journal;
        if (!await run.CheckBeforeAsync(limited))
        {
            // A probe that gives no answer is a failure, one outside its tolerance is not.
            journal.Status = journal.Before!.Errored ? JournalStatus.Failed : JournalStatus.Completed;
            return;
        }

        switch (await session.PlayAsync(cutAtOnce: false, cancellationToken))
        {
            case MethodEnd.TimeIsUp:
                EndByTime();
                return;
            case MethodEnd.CutShort:
                journal.Status = JournalStatus.Failed;
                break;
        }

        if (!await run.CheckAfterAsync(limited) && journal.After!.Errored)
        {
            journal.Status = JournalStatus.Failed;
        }
    }

    private void EndByTime()
    {
        run.Journal.Status = JournalStatus.Aborted;
        _isOutOfTime = true;
        options.Say(OutOfTime);
    }

    private bool PlaysRollbacks() => run.Experiment.RollbackStrategy switch
    {
        RollbackStrategy.Always => true,
        RollbackStrategy.Never => false,
        RollbackStrategy.Deviated => run.Journal.Deviated,
        _ => run.Journal.Status is not (JournalStatus.Failed or JournalStatus.Interrupted),
    };

    private ExperimentVerdict Ours() => run.Journal switch
    {
        { Status: JournalStatus.Interrupted } => ExperimentVerdict.Interrupted,
        { Before.Met: false } => ExperimentVerdict.SteadyStateNotMet,
        { Deviated: true } => ExperimentVerdict.Deviated,
        { Status: JournalStatus.Aborted } => ExperimentVerdict.ActivityFailed,
        _ when session.MissedDuring => ExperimentVerdict.Deviated,
        _ when run.Journal.Run.Exists(r => !r.Succeeded) => ExperimentVerdict.ActivityFailed,
        _ => ExperimentVerdict.Completed,
    };

    private string? Reason() => Ours() switch
    {
        _ when _isOutOfTime => OutOfTime,
        ExperimentVerdict.Completed => null,
        ExperimentVerdict.SteadyStateNotMet => $"steady state not met before the method; the reference ends this as {run.Journal.Status.ToString().ToLowerInvariant()}",
        ExperimentVerdict.Interrupted => "interrupted",
        ExperimentVerdict.Deviated => "the steady state has deviated",
        _ => "an activity failed; the reference goes on",
    };
}
