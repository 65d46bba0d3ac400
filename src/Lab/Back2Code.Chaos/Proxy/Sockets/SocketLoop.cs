using System.Collections.Concurrent;

namespace Back2Code.Chaos.Proxy.Sockets;

/// <summary>
/// A thread that waits for many sockets at once and runs whatever awaited them right there: from the arrival of a byte to its departure no thread
/// wakes another, and the thread pool stays free for the API. What runs on it must not block.
/// </summary>
internal sealed class SocketLoop : IDisposable
{
    private readonly Epoll _epoll = new();
    private readonly ConcurrentDictionary<int, LoopSocket> _sockets = new();
    private readonly ConcurrentQueue<Readiness> _signals = new();
    private readonly Thread _thread;
    private volatile bool _stopping;
    private int _wakes;

    public SocketLoop(int number)
    {
        _thread = new Thread(Run) { IsBackground = true, Name = $"proxy sockets {number}" };
        _thread.Start();
    }

    public void Add(int descriptor, LoopSocket socket)
    {
        _sockets[descriptor] = socket;
        _epoll.Add(descriptor);
    }

    /// <summary>To be called before the descriptor is closed; closing takes it out of the epoll set.</summary>
    public void Forget(int descriptor, LoopSocket socket) => _sockets.TryRemove(new KeyValuePair<int, LoopSocket>(descriptor, socket));

    public void Rearm(int descriptor, int[] eventOf) => _epoll.Rearm(descriptor, eventOf);

    /// <summary>Opens a gate on the loop's thread, after the events at hand.</summary>
    public void Post(Readiness readiness)
    {
        _signals.Enqueue(readiness);
        if (Thread.CurrentThread != _thread && Interlocked.Exchange(ref _wakes, 1) == 0)
        {
            _epoll.Wake();
        }
    }

    /// <summary>Ends the thread once what was signalled has run.</summary>
    public void Dispose()
    {
        _stopping = true;
        _epoll.Wake();
    }

    private void Run()
    {
        while (!_stopping || !_signals.IsEmpty)
        {
            int count = _epoll.Wait(forEvents: _signals.IsEmpty);
            for (int i = 0; i < count; i++)
            {
                // An event of a descriptor that was closed meanwhile and given out anew wakes its new owner for nothing, which does no harm.
                var (descriptor, flags) = _epoll.Event(i);
                if (_sockets.TryGetValue(descriptor, out var socket))
                {
                    socket.OnEvent(flags);
                }
            }

            // Before the queue is read: a signal that comes after that must wake us again. And no more than there are now: sockets come in between.
            Interlocked.Exchange(ref _wakes, 0);
            for (int left = _signals.Count; left > 0 && _signals.TryDequeue(out var readiness); left--)
            {
                readiness.Open();
            }
        }

        _epoll.Dispose();
    }
}
