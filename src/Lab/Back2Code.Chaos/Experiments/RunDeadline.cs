namespace Back2Code.Chaos.Experiments;

/// <summary>
/// The time limit of a run: one deadline over configuration, hypotheses and method, from the moment this is made. What comes after them (rollbacks, the way
/// back) has what is left of the limit, and in any case the time for rollbacks. Without a limit nothing ends but by its user.
/// </summary>
internal sealed class RunDeadline(TimeSpan? limit, TimeSpan rollbackTime, TimeProvider clock) : IDisposable
{
    private readonly long _start = clock.GetTimestamp();
    private readonly CancellationTokenSource _timeIsUp = limit is { } given ? new(given, clock) : new();
    private readonly List<IDisposable> _timers = [];

    public TimeSpan? Limit => limit;

    public CancellationToken TimeIsUp => _timeIsUp.Token;

    /// <summary>The run's own token with an end to what follows the deadline.</summary>
    public CancellationToken Aftermath(CancellationToken cancellationToken)
    {
        if (limit is not { } given)
        {
            return cancellationToken;
        }

        var left = given - clock.GetElapsedTime(_start);
        var end = new CancellationTokenSource(left > rollbackTime ? left : rollbackTime, clock);
        var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, end.Token);
        _timers.AddRange([linked, end]);
        return linked.Token;
    }

    public void Dispose()
    {
        _timers.ForEach(static t => t.Dispose());
        _timeIsUp.Dispose();
    }
}
