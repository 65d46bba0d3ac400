namespace Back2Code.Resilience;

/// <summary>Closed until it is opened, for good. Threads wait at it, which is what disturbances do on purpose; it holds nothing that would have to be given back.</summary>
internal sealed class Latch
{
    private readonly object _gate = new();
    private volatile bool _open;

    public bool IsOpen => _open;

    public void Open()
    {
        lock (_gate)
        {
            _open = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Keeps the thread until the latch is opened or the time is over.</summary>
    /// <returns>Whether it is open.</returns>
    public bool Wait(TimeSpan time)
    {
        lock (_gate)
        {
            return _open || (Monitor.Wait(_gate, time) && _open);
        }
    }
}
