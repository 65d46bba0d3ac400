namespace Back2Code.Resilience;

/// <summary>
/// What goes wrong inside the pipeline of one dependency, at its very end: time-outs, retries, bulkhead and breaker meet it as they would meet the dependency's own
/// trouble. <c>dependency-faults</c>, <c>dependency-latency</c>, <c>dependency-outcomes</c>, <c>dependency-blocking</c>.
/// </summary>
internal sealed class DependencyDisturbance(string kind, string id, DateTimeOffset endsAt, string dependency, double ratio, TimeSpan delay, string how)
    : Disturbance(kind, id, endsAt)
{
    public const string Faults = "dependency-faults";
    public const string Latency = "dependency-latency";
    public const string Outcomes = "dependency-outcomes";
    public const string Blocking = "dependency-blocking";

    private readonly EvenDraws _draws = new();
    private readonly Latch _over = new();

    public string Dependency => dependency;

    public double Ratio => ratio;

    public TimeSpan Delay => delay;

    /// <summary>One call comes by.</summary>
    public double Draw()
    {
        CountSeen();
        return _draws.Next();
    }

    public void Strike() => CountStruck();

    /// <summary>What its client would throw.</summary>
    public Exception Failure() => how switch
    {
        // What a breaker that trusts the type of an exception does not take for a failure of the dependency.
        "bug" => new InvalidOperationException($"A fault was injected into the call to {dependency}: its client fails in a way that nobody expects."),
        "timeout" => new TimeoutException($"A fault was injected into the call to {dependency}: its client has given up waiting."),
        _ => new IOException($"A fault was injected into the call to {dependency}: the connection is lost."),
    };

    /// <summary>Keeps the thread, as a client does that waits without giving it back.</summary>
    public void Block() => _over.Wait(delay);

    public override void End() => _over.Open();
}
