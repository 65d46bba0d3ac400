namespace Back2Code.Chaos.Proxy;

/// <summary>Bytes of one direction of one proxy, counted where they cross the sockets.</summary>
internal sealed class StreamCounters
{
    private long _received;
    private long _sent;
    private long _dropped;

    public long Received => Interlocked.Read(ref _received);

    public long Sent => Interlocked.Read(ref _sent);

    public long Dropped => Interlocked.Read(ref _dropped);

    public void AddReceived(long bytes) => Interlocked.Add(ref _received, bytes);

    public void AddSent(long bytes) => Interlocked.Add(ref _sent, bytes);

    public void AddDropped(long bytes) => Interlocked.Add(ref _dropped, bytes);

    public StreamStatisticsDocument ToDocument() => new() { ReceivedBytes = Received, SentBytes = Sent, DroppedBytes = Dropped };
}

/// <summary>How the connections of one proxy began and ended.</summary>
internal sealed class ConnectionCounters
{
    private long _opened;
    private long _refused;
    private long _reset;
    private long _cut;

    public long Opened => Interlocked.Read(ref _opened);

    public long Refused => Interlocked.Read(ref _refused);

    public long Reset => Interlocked.Read(ref _reset);

    public long Cut => Interlocked.Read(ref _cut);

    public void CountOpened() => Interlocked.Increment(ref _opened);

    public void CountRefused() => Interlocked.Increment(ref _refused);

    public void CountReset() => Interlocked.Increment(ref _reset);

    public void CountCut() => Interlocked.Increment(ref _cut);
}

/// <summary>What one toxic did to all the connections it was on.</summary>
internal sealed class ToxicCounters
{
    private readonly Lock _gate = new();
    private long _offered;
    private long _connections;
    private long _ended;
    private long _passedBytes;
    private long _passedChunks;
    private long _droppedBytes;
    private TimeSpan _totalDelay;
    private TimeSpan _maxDelay;

    /// <summary>Counts a new connection that the toxic might take, and says how many there have been.</summary>
    public long CountOffered() => Interlocked.Increment(ref _offered);

    public void CountConnection()
    {
        lock (_gate)
        {
            _connections++;
        }
    }

    public void CountEnded()
    {
        lock (_gate)
        {
            _ended++;
        }
    }

    public void AddPassed(long bytes, TimeSpan delay)
    {
        lock (_gate)
        {
            _passedBytes += bytes;
            _passedChunks++;
            _totalDelay += delay;
            _maxDelay = delay > _maxDelay ? delay : _maxDelay;
        }
    }

    public void AddDropped(long bytes)
    {
        lock (_gate)
        {
            _droppedBytes += bytes;
        }
    }

    public ToxicStatisticsDocument ToDocument(string name)
    {
        lock (_gate)
        {
            return new ToxicStatisticsDocument
            {
                Name = name,
                Connections = _connections,
                Ended = _ended,
                PassedBytes = _passedBytes,
                PassedChunks = _passedChunks,
                DroppedBytes = _droppedBytes,
                MeanDelayMs = _passedChunks == 0 ? 0 : _totalDelay.TotalMilliseconds / _passedChunks,
                MaxDelayMs = _maxDelay.TotalMilliseconds,
            };
        }
    }
}
