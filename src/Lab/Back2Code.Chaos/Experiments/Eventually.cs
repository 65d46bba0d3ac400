namespace Back2Code.Chaos.Experiments;

/// <summary>What came of waiting.</summary>
/// <param name="Met">It became true and held.</param>
/// <param name="Elapsed">From the first look to the one from which it held; or to the last look.</param>
/// <param name="Looks">How often it was looked at.</param>
public sealed record EventuallyResult(bool Met, TimeSpan Elapsed, int Looks);

/// <summary>"Within N, every M, held for K": looks again and again until something holds.</summary>
internal static class Eventually
{
    /// <summary>A miss while it is being held starts the holding anew; it is given up when no new one can begin within the time.</summary>
    public static async Task<EventuallyResult> WaitAsync(Patience patience, TimeProvider clock, Func<CancellationToken, Task<bool>> look, CancellationToken cancellationToken)
    {
        var start = clock.GetTimestamp();
        TimeSpan? since = null;
        for (var looks = 1; ; looks++)
        {
            var at = clock.GetElapsedTime(start);
            var isMet = await look(cancellationToken);
            since = isMet ? since ?? at : null;
            var now = clock.GetElapsedTime(start);
            if (since is { } held && now - held >= patience.For)
            {
                return new EventuallyResult(true, held, looks);
            }

            if (since is null && now >= patience.Within)
            {
                return new EventuallyResult(false, now, looks);
            }

            await Task.Delay(patience.Every, clock, cancellationToken);
        }
    }
}
