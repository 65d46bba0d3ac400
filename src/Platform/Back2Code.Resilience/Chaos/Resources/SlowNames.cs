using System.Diagnostics.Tracing;

namespace Back2Code.Resilience;

/// <summary>
/// <c>slow-names</c>: looking a name up takes longer. The runtime reports the end of each look-up on the thread that made it, before whoever asked has the answer; that
/// thread is kept, as the system's resolver keeps it while a name server is slow. All clients in the process are met, and addresses, which need no look-up, are not.
/// </summary>
internal sealed class SlowNames(string id, DateTimeOffset endsAt, TimeSpan delay, double ratio) : Disturbance("slow-names", id, endsAt), IDisposable
{
    private readonly EvenDraws _draws = new();
    private readonly Latch _over = new();
    private Listener? _listener;

    public override void Begin() => _listener = new Listener { LookedUp = Wait };

    public override void End() => Dispose();

    public void Dispose()
    {
        _over.Open();
        _listener?.Dispose();
    }

    private void Wait()
    {
        CountSeen();
        if (_draws.Next() < ratio)
        {
            CountStruck();
            _over.Wait(delay);
        }
    }

    private sealed class Listener : EventListener
    {
        /// <summary>Null while the base constructor runs, which may bring events already.</summary>
        public Action? LookedUp { get; init; }

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name == "System.Net.NameResolution")
            {
                EnableEvents(eventSource, EventLevel.Informational);
            }
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData)
        {
            if (eventData.EventName == "ResolutionStop")
            {
                LookedUp?.Invoke();
            }
        }
    }
}
