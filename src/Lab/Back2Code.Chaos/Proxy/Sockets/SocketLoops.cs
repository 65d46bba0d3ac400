namespace Back2Code.Chaos.Proxy.Sockets;

/// <summary>The loops of one server, one for each processor; connections are dealt out in turn.</summary>
internal sealed class SocketLoops : IDisposable
{
    private readonly SocketLoop[] _loops = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(n => new SocketLoop(n))];
    private uint _next;

    public SocketLoop Next() => _loops[Interlocked.Increment(ref _next) % _loops.Length];

    public void Dispose()
    {
        foreach (var loop in _loops)
        {
            loop.Dispose();
        }
    }
}
