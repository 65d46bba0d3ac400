using System.Threading.Tasks.Sources;

namespace Back2Code.Chaos.Proxy.Sockets;

/// <summary>
/// A gate that opens for one waiter at each signal; signals that nobody waits for count as one, so a waiter looks again whether what it wants is there.
/// The waiter goes on on the loop's thread, whoever signals. Nothing here allocates.
/// </summary>
internal sealed class Readiness(SocketLoop loop) : IValueTaskSource
{
    private readonly Lock _gate = new();
    private ManualResetValueTaskSourceCore<bool> _source;
    private bool _isSet;
    private bool _isAwaited;

    /// <exception cref="InvalidOperationException">There is a waiter already.</exception>
    public ValueTask WaitAsync()
    {
        lock (_gate)
        {
            if (_isAwaited)
            {
                throw new InvalidOperationException("there is a waiter already");
            }

            if (_isSet)
            {
                _isSet = false;
                return ValueTask.CompletedTask;
            }

            _source.Reset();
            _isAwaited = true;
            return new ValueTask(this, _source.Version);
        }
    }

    /// <summary>From any thread; returns at once.</summary>
    public void Signal() => loop.Post(this);

    /// <summary>For the loop: the waiter goes on before this returns.</summary>
    public void Open()
    {
        lock (_gate)
        {
            if (!_isAwaited)
            {
                _isSet = true;
                return;
            }

            _isAwaited = false;
        }

        _source.SetResult(true);
    }

    void IValueTaskSource.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
