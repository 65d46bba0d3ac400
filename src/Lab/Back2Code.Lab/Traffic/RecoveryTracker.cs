namespace Back2Code.Lab.Traffic;

/// <summary>
/// When users' service was restored, told by the requests themselves, in the order of their intended send times.
/// <para>
/// "The first success after the last failure" is too kind in a partial outage: while writes fail, a cached read succeeds at once after every failed write,
/// and service would count as restored in the middle of the outage's last gap. So each journey that failed has to prove itself: it has recovered with its own
/// first success after its own last failure, and the run has recovered when the last of them has. Nothing failed after that moment, and everything that had
/// failed was seen to work. A journey that failed and never succeeded again leaves the run not recovered, even if it was simply not asked for any more.
/// </para>
/// The moment lies up to one gap between two requests of that journey after the true one, never before it.
/// </summary>
internal sealed class RecoveryTracker
{
    private readonly Dictionary<Journey, (long LastFailureNs, long? RecoveredNs)> _failed = [];

    public long? FirstFailureNs { get; private set; }

    public long? LastFailureNs { get; private set; }

    public long? RecoveredNs => _failed.Count == 0 || _failed.Values.Any(f => f.RecoveredNs is null) ? null : _failed.Values.Max(f => f.RecoveredNs);

    public void Add(Journey journey, long intendedNs, bool ok)
    {
        if (!ok)
        {
            FirstFailureNs ??= intendedNs;
            LastFailureNs = intendedNs;
            _failed[journey] = (intendedNs, null);
        }
        else if (_failed.TryGetValue(journey, out var state) && state.RecoveredNs is null)
        {
            _failed[journey] = state with { RecoveredNs = intendedNs };
        }
    }

    public (long? LastFailureNs, long? RecoveredNs) Of(Journey journey) => _failed.TryGetValue(journey, out var state) ? (state.LastFailureNs, state.RecoveredNs) : (null, null);
}
