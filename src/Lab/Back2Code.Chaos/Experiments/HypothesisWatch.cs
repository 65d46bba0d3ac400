namespace Back2Code.Chaos.Experiments;

/// <summary>Checks the hypothesis again and again beside the method, with the given time between two checks.</summary>
internal sealed class HypothesisWatch(Hypothesis hypothesis, ActivityRunner runner, ExperimentScope scope, ExperimentJournal journal, ExperimentOptions options, TimeProvider clock) : IDisposable
{
    private readonly CancellationTokenSource _cutShort = new();
    private int _missed;

    /// <summary>Cancelled when <c>fail fast</c> says that it is enough.</summary>
    public CancellationToken CutShort => _cutShort.Token;

    /// <summary>Whether any check missed.</summary>
    public bool HasMissed => _missed > 0;

    /// <summary>Until the token says stop; the check under way then is not recorded.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            while (!stop.IsCancellationRequested)
            {
                var state = await HypothesisState.CheckAsync(hypothesis, runner, scope, patiently: false, stop);
                journal.During.Add(state);
                _missed += state.Met ? 0 : 1;
                if (!state.Met && options.FailFast && _missed * 100.0 / journal.During.Count >= options.FailFastRatio)
                {
                    await _cutShort.CancelAsync();
                    return;
                }

                await Task.Delay(options.HypothesisFrequency, clock, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The method is over.
        }
    }

    public void Dispose() => _cutShort.Dispose();
}
